"""The alternative annotator test."""
