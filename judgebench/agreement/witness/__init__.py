"""Every figure once more, by other hands."""
