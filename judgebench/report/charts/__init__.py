"""Charts of what was measured, as safe inline SVG with a table of the same figures."""

from judgebench.report.charts.calibration import calibration
from judgebench.report.charts.confusion import confusion
from judgebench.report.charts.forest import forest
from judgebench.report.charts.length import length
from judgebench.report.charts.pareto import pareto
from judgebench.report.charts.position import position
from judgebench.report.charts.subsets import subsets
from judgebench.report.charts.systems import systems

__all__ = ["calibration", "confusion", "forest", "length", "pareto", "position", "subsets", "systems"]
