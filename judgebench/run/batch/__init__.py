"""Asking through batch APIs."""
