"""Charts of what was measured, as safe inline SVG with a table of the same figures."""
