"""Charts of what was measured, as safe inline SVG with a table of the same figures."""

from judgebench.report.page.charts.calibration import calibration
from judgebench.report.page.charts.confusion import confusion
from judgebench.report.page.charts.forest import forest
from judgebench.report.page.charts.length import length
from judgebench.report.page.charts.pareto import pareto
from judgebench.report.page.charts.position import position
from judgebench.report.page.charts.subsets import subsets
from judgebench.report.page.charts.systems import systems

__all__ = ["calibration", "confusion", "forest", "length", "pareto", "position", "subsets", "systems"]
