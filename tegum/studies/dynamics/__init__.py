"""How models come to what they store, over training."""
