"""Side by side, in one run, with what a user would run instead: `python -m benchmarks.NAME`; see README.md here."""
