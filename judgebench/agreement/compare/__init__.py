"""Judges on the same items: differences and ranks."""
