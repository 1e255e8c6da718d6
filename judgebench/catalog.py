"""Names to objects."""
