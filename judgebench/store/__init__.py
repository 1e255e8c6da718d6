"""Runs on disk: a folder each, with a manifest and an append-only file of verdicts."""
