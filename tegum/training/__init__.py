"""Training of populations: `step` is the algorithm, `engine` runs it for many models at once."""
