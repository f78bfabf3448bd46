"""What models compute in superposition."""
