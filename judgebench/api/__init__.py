"""Putting the rooms together: what the command line and Python programs call; nothing here prints."""
