"""Asking: cases to a judge, replies to a store."""
