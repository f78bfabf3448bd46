"""Uniform superposition: models (shared by several studies), lines, study."""
