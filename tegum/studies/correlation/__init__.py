"""Features that come together, or never do: where their directions lie."""
