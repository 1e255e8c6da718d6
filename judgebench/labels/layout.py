"""Which row of a table is whose label of what."""

from __future__ import annotations

from dataclasses import dataclass

from judgebench.errors import UsageError, argument


@dataclass(frozen=True, slots=True)
class LongSpec:
    """Columns of a table with one row per item and rater; the judges' and gold "columns" then name raters."""

    item: str
    rater: str
    label: str

    @classmethod
    def parse(cls, text: str) -> LongSpec:
        """Read ``item,rater,label`` as the command line writes it."""
        names = [name.strip() for name in text.split(",")]
        if len(names) != 3 or len(set(names)) != 3 or not all(names):
            raise UsageError(f"{argument('long')} names three columns, item,rater,label; got {text!r}")
        return cls(*names)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a person said of a table's rows, beside the columns of judges and gold.

    Items are rows, or those of ``long``. Rows with the same ``cluster`` (the question) are not independent.
    """

    id: str | None = None
    cluster: str | None = None
    long: LongSpec | None = None
