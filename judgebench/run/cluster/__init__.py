"""Asking on a cluster."""
