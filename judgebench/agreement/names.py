"""Names and titles of the metrics, for listings that must not load numpy."""

from __future__ import annotations

from judgebench.agreement.metrics.catalog import METRICS
from judgebench.agreement.metrics.row_catalog import ROW_METRICS

__all__ = ["METRIC_LINES", "METRIC_TITLES", "title_of"]

#: Title of every metric, by name.
METRIC_TITLES: dict[str, str] = {name: metric.title for name, metric in METRICS.items()}
#: Name, title and place of every figure: coefficients of two raters, then figures of scores, rankings and steps.
METRIC_LINES: tuple[tuple[str, str, str], ...] = (
    *((name, title, "") for name, title in METRIC_TITLES.items()),
    *((line.name, line.title, line.place) for line in ROW_METRICS.values()),
)


def title_of(name: str) -> str:
    """Title of a figure; the name of one that is not built in."""
    line = ROW_METRICS.get(name)
    return METRIC_TITLES.get(name, name if line is None else line.title)
