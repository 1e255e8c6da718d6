"""Names and titles of the metrics, for listings that must not load numpy."""

from __future__ import annotations

from judgebench.agreement.metrics.catalog import METRICS

__all__ = ["METRIC_TITLES"]

#: Title of every metric, by name.
METRIC_TITLES: dict[str, str] = {name: metric.title for name, metric in METRICS.items()}
