"""What a program or a command line said of a table of one's own, as `Columns`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.api.cells import cells_of, threshold_of
from judgebench.api.layouts import layout_of
from judgebench.api.parameters import column, column_names, keys, options_of
from judgebench.api.tables import FileForm, LabelsAndScores
from judgebench.domain import Scale
from judgebench.errors import UsageError, argument
from judgebench.files.opening import Opening
from judgebench.labels.cells import Cells
from judgebench.labels.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.files.table import Table
    from judgebench.labels.cells import Means
    from judgebench.labels.load import LoadedTable


@dataclass(frozen=True, slots=True)
class Columns:
    """What was said of a table of one's own; fields as the keys of `judgebench.api.tables.LabelsAndScores`."""

    judge: Sequence[str] = ()
    gold: Sequence[str] = ()
    scale: Scale | None = None
    subset: str | None = None
    system: str | None = None
    scores: Sequence[str] = ()
    score_means: Means | None = None
    threshold: float | None = None
    file: Opening = Opening()  # noqa: RUF009 - frozen
    rows: Layout = Layout()  # noqa: RUF009 - frozen
    cells: Cells = Cells()  # noqa: RUF009 - frozen
    #: The parameters that were given, as the person calls them.
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Columns:
        """Read what was said of a table, with the keys of `LabelsAndScores`; UsageError names the parameter."""
        said = {name: value for name, value in table.items() if name in keys(LabelsAndScores) and name != "gold_source"}
        return cls(
            column_names("judge", said.get("judge")),
            column_names("gold", said.get("gold")),
            _scale(said.get("scale")),
            column("subset", said.get("subset")),
            column("system", said.get("system")),
            column_names("scores", said.get("scores")),
            said.get("score_means"),
            threshold_of(said),
            Opening(**{name: said[name] for name in keys(FileForm) if said.get(name) is not None}),
            layout_of(said),
            cells_of(said),
            options_of(said, LabelsAndScores),
        )

    def read(self, path: Path | Table, *, unlabelled: bool = False) -> LoadedTable:
        """Read a table, or one that is open already; with ``unlabelled`` rows without gold stay."""
        from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use
        from judgebench.labels.load import load  # noqa: PLC0415 - loaded on use

        return load(
            open_table(path, self.file) if isinstance(path, Path) else path,
            list(self.judge),
            list(self.gold),
            scale=self.scale,
            layout=self.rows,
            cells=self.cells,
            subset_col=self.subset,
            system_col=self.system,
            keep_unlabelled=unlabelled,
            score_cols=list(self.scores),
            score_means=self.score_means,
            threshold=self.threshold,
        )


def meanings(words: Sequence[str]) -> dict[str, str]:
    """Read the --word options."""
    pairs = [word.partition("=") for word in words]
    if wrong := [old for old, equals, _ in pairs if not equals]:
        raise UsageError(f"--word {wrong[0]!r}: write OLD=NEW, for example --word 0=tie")
    return {old: new for old, _, new in pairs}


def _scale(scale: object) -> Scale | None:
    if scale is None or isinstance(scale, Scale):
        return scale
    if isinstance(scale, str):
        return Scale.parse(scale)
    raise UsageError(
        f"{argument('scale')}={scale!r}: write one such as 'rate:1-5' or 'low,medium,high', or give a Scale"
    )
