"""Studies of bottlenecks alone: what they store, and in which geometry."""
