"""What models with fewer dimensions than features store."""
