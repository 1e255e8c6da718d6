"""Charts of what was measured, as safe inline SVG with a table of the same figures."""

from judgebench.report.charts.forest import forest

__all__ = ["forest"]
