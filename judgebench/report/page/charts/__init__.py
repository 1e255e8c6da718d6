"""Rows of figures drawn for notebooks and papers: as an inline SVG, and on matplotlib's axes."""
