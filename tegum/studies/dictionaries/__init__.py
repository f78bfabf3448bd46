"""Learned dictionaries held against features that are known."""
