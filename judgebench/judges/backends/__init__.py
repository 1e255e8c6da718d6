"""What carries a request to a model: one file each."""
