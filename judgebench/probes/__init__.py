"""Ways to turn one item into cases."""
