"""How many items a question needs."""
