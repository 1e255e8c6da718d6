"""Charts of what was measured, as safe inline SVG with a table of the same figures."""

from judgebench.report.page.charts.biases import length, position
from judgebench.report.page.charts.forest import forest
from judgebench.report.page.charts.groups import subsets, systems
from judgebench.report.page.charts.labels import calibration, confusion
from judgebench.report.page.charts.pareto import pareto

__all__ = ["calibration", "confusion", "forest", "length", "pareto", "position", "subsets", "systems"]
