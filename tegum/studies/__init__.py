"""The studies, by family; `catalogue` names every one of them."""
