"""Measured rows in the hands of a Python program."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, overload

from judgebench.domain import Agreement, Estimate
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from judgebench.agreement.compare.compare import Comparison
    from judgebench.api.sources import Source
    from judgebench.domain import Usage

__all__ = ["Asked", "Figure", "Scores"]

#: Short names: figures in the order in which a row is looked through.
_SHORT = {
    "alpha": ("krippendorff_alpha",),
    "rho": ("spearman_rho", "mean_spearman_rho"),
}


class _NoSuchFigureError(UsageError, AttributeError):
    """No figure, or not one: an AttributeError too, for ``hasattr`` and ``getattr`` with a default."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Figure(Estimate):
    """An `Estimate` that knows its name and prints itself: ``.value .low .high .n .undefined``.

    It equals the `Estimate` of the same numbers.

    Parameters
    ----------
    name : str
        The figure's name, e.g. ``cohen_kappa``.

    Examples
    --------
    >>> Figure(0.412, 0.31, 0.514, 999, name="cohen_kappa")
    <Cohen's kappa .412 [.310, .514], n = 999>
    >>> Figure(None, None, None, 20, "no_variation", name="cohen_kappa").undefined
    'no_variation'
    """

    name: str = ""

    @classmethod
    def of(cls, name: str, estimate: Estimate) -> Figure:
        """Give an estimate its name."""
        one = estimate
        return cls(one.value, one.low, one.high, one.n, one.undefined, one.se, one.method, name)

    def __eq__(self, other: object) -> bool:
        return _numbers(self) == _numbers(other) if isinstance(other, Estimate) else NotImplemented

    def __hash__(self) -> int:
        return hash(_numbers(self))

    def __repr__(self) -> str:
        return f"<{self}, n = {self.n}>"

    def __str__(self) -> str:
        from judgebench.agreement.names import title_of  # noqa: PLC0415 - loaded on use
        from judgebench.report.document.text import clean, spread  # noqa: PLC0415 - loaded on use
        from judgebench.report.words import REASONS  # noqa: PLC0415 - loaded on use

        title = clean(title_of(self.name)).replace("_", " ")
        if self.value is None:
            reason = self.undefined or ""
            return f"{title} undefined: {REASONS.get(reason) or clean(reason).replace('_', ' ')}"
        if self.low is None or self.high is None:
            return f"{title} {spread(self.value)} (no interval)"
        return f"{title} {spread(self.value)} [{spread(self.low)}, {spread(self.high)}]"


def _numbers(one: Estimate) -> tuple[object, ...]:
    return one.value, one.low, one.high, one.n, one.undefined, one.se, one.method


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking for one run came to.

    Parameters
    ----------
    task, judge : str
        Their names.
    path : Path
        The run's folder, which ``judgebench.score`` reads.
    asked, reused : int
        Cases that were asked now, and cases whose answers were there.
    usage : Usage
        Tokens and dollars of what was asked now.
    """

    task: str
    judge: str
    path: Path
    asked: int
    reused: int
    usage: Usage


@dataclass(frozen=True, slots=True, repr=False)
class Scores(Sequence[Agreement]):
    """How far judges agree with gold: a sequence of `Agreement` rows, with ways to look at them.

    Where there is one judge on one task, every figure is an attribute, taken from its row ``all``:
    ``scores.kappa.low``. ``kappa`` is the one that the scale calls for (quadratic weights on ratings, the steps' on
    steps, Cohen's own elsewhere), ``alpha`` Krippendorff's at the scale's level, ``rho`` Spearman's, ``headline`` what
    judges are ranked by, ``ceiling`` the same figure among people; others have their names of ``judgebench list
    metrics``. Where there are several, choose first: ``scores.select(judge=...)``.

    Parameters
    ----------
    rows : tuple of Agreement
        In the order of the command line's tables.
    notes : tuple of str
        What a person should know beside the figures.
    asked : tuple of Asked
        What was asked for them; empty where only stored answers were measured. Scores are equal whoever asked.
    """

    rows: tuple[Agreement, ...]
    notes: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = field(default=(), compare=False)
    _sources: tuple[Source, ...] = field(default=(), compare=False)

    # --- a sequence -----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Agreement: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Agreement, ...]: ...
    def __getitem__(self, index: int | slice) -> Agreement | tuple[Agreement, ...]:
        return self.rows[index]

    def __reduce__(self) -> tuple[Any, ...]:
        # The way back to the judgments is no data.
        return Scores, (self.rows, self.notes, self.asked)

    # --- one row --------------------------------------------------------------------------------

    def select(self, *, task: str | None = None, judge: str | None = None, subset: str | None = None) -> Scores:
        """Keep some of the rows.

        Parameters
        ----------
        task, judge, subset : str, optional
            Names as they stand in the rows; each keeps all by default.

        Raises
        ------
        UsageError
            If that leaves none.
        """
        wanted = {name: value for name, value in zip(_NAMES, (task, judge, subset), strict=True) if value is not None}
        rows = tuple(row for row in self.rows if all(getattr(row, name) == value for name, value in wanted.items()))
        if not rows:
            name, value = next(
                ((n, v) for n, v in wanted.items() if all(getattr(row, n) != v for row in self.rows)), ("row", "")
            )
            if name == "row":
                raise UsageError(f"no row has {_listed(wanted)} together")
            known = dict.fromkeys(getattr(row, name) for row in self.rows)
            raise UsageError(f"no row has {name} {value!r}; there is {', '.join(map(repr, known))}")
        asked = tuple(one for one in self.asked if task in {None, one.task} and judge in {None, one.judge})
        sources = tuple(one for one in self._sources if task in {None, one.task} and judge in {None, one.judge})
        return replace(self, rows=rows, asked=asked, _sources=sources)

    def row(self, *, task: str | None = None, judge: str | None = None, subset: str = "all") -> Agreement:
        """Give the one row of a judge on a task.

        Where a benchmark forgives unusable answers there are two rows of one name, and the first is under its own
        convention.

        Parameters
        ----------
        task, judge : str, optional
            May be left out where there is one.
        subset : str, optional
            ``all`` by default.

        Raises
        ------
        UsageError
            If there is none, or rows of several judges or tasks.
        """
        found = self.select(task=task, judge=judge, subset=subset)
        if len(names := dict.fromkeys((row.task, row.judge, row.revision) for row in found)) > 1:
            listed = "; ".join(f"{judge!r} on {task!r}" for task, judge, _ in names)
            raise _NoSuchFigureError(f"these are scores of {listed}: choose with .select(judge=..., task=...)")
        return found[0]

    def __getattr__(self, name: str) -> Figure:
        if name.startswith("_") or name in _FIELDS:
            raise AttributeError(f"'Scores' has no attribute {name!r}")
        row = self.row()
        for key in _SHORT.get(name, (name,)):
            for place in (row.metrics, row.bias):
                if key in place:
                    return Figure.of(key, place[key])
        near = difflib.get_close_matches(name, dir(self), n=3, cutoff=0.6)
        raise _NoSuchFigureError(
            f"no figure {name!r} was measured on {row.task} ({row.scale or 'its scale'})"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
        )

    def __dir__(self) -> list[str]:
        figures = {name for row in self.rows for place in (row.metrics, row.bias) for name in place}
        return sorted({*object.__dir__(self), *_SHORT, *figures})

    @property
    def kappa(self) -> Figure:
        """The kappa that the row's scale calls for."""
        row = self.row()
        name = "cohen_kappa_quadratic" if row.scale.startswith("rate") else "cohen_kappa"
        if "kappa" in row.headline:
            name = row.headline
        return getattr(self, "step_kappa" if name not in row.metrics and "step_kappa" in row.metrics else name)  # type: ignore[no-any-return]  # by name

    @property
    def headline(self) -> Figure:
        """What the row's scale calls for; judges are ranked by it."""
        return _headline(self.row())

    @property
    def ceiling(self) -> Figure:
        """The headline's figure among people: one held against the others."""
        return _ceiling(self.row())

    @property
    def coverage(self) -> float:
        """Share of judgments that gave a verdict."""
        return self.row().coverage

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of what to be careful with, over all rows."""
        return tuple(dict.fromkeys(code for row in self.rows for code in row.warnings))

    # --- other forms ----------------------------------------------------------------------------

    def to_frame(self, *, long: bool = False) -> Any:
        """Give the rows as a pandas DataFrame.

        Parameters
        ----------
        long : bool, optional
            One row per figure instead of one per task, judge and subset.

        Returns
        -------
        pandas.DataFrame
            Wide: names as ``string``, ``items`` and tokens as ``int64``, everything else as ``float64``, where NaN
            stands for what is undefined (``undefined`` says why, as ``figure=reason``) and for what is not measured
            on a row's scale; a figure ``f`` has the columns ``f``, ``f_low`` and ``f_high``, a ceiling is prefixed
            ``ceiling_``. Long: task, judge, subset, gold, kind (``metric``, ``ceiling`` or ``bias``), figure, value,
            low, high, se, n, undefined, method.
        """
        from judgebench.api.frames import long_frame, wide_frame  # noqa: PLC0415 - loaded on use

        return long_frame(self.rows) if long else wide_frame(self.rows)

    def to_json(self) -> dict[str, Any]:
        """Give the rows as plain JSON of schema ``judgebench.scores/1``."""
        from judgebench.report.scores import to_json  # noqa: PLC0415 - loaded on use

        return to_json(self.rows)

    def render(self, form: Literal["table", "json", "csv", "md"] = "table", *, width: int = 120) -> str:
        """Write the rows as ``--format`` does."""
        from judgebench.report.scores import render  # noqa: PLC0415 - loaded on use

        return render(self.rows, form, width=width)

    def compare(self, first: str, second: str, *, metric: str | Iterable[str] = (), seed: int = 0) -> Comparison:
        """Compare two judges on the same items: paired, clustered by question.

        Parameters
        ----------
        first, second : str
            Names of judges; the difference is the first less the second.
        metric : str or iterable of str, optional
            By default what the scale calls for.
        seed : int, optional
            Of the permutation tests.

        Raises
        ------
        UsageError
            If the judgments behind the rows are not at hand (these scores were unpickled), or a name is unknown.
        DataError
            If the judges were not asked about the same items.
        """
        from judgebench.agreement.compare.compare import compare  # noqa: PLC0415 - loaded on use
        from judgebench.agreement.matching import match  # noqa: PLC0415 - loaded on use
        from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

        chosen = [self.row(judge=judge) for judge in (first, second)]
        behind = [
            source.judged(row.policies)
            for row in chosen
            for source in self._sources
            if (source.task, source.judge, source.revision) == (row.task, row.judge, row.revision)
        ]
        if len(behind) != 2:
            raise UsageError("the judgments behind these scores are not at hand: measure again with judgebench.score")
        wanted = [metric] if isinstance(metric, str) else list(metric)
        return compare(match(behind, shared=False), wanted, known=metrics(), seed=seed)

    def plot(self, metric: str | None = None, *, subset: str | None = "all", ax: Any = None) -> Any:
        """Draw the judges' headline figures with their intervals, and the human ceiling.

        Parameters
        ----------
        metric : str, optional
            Another figure than the headline.
        subset : str, optional
            ``all`` by default; None draws every subset.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing.
        """
        from judgebench.api.plots import forest  # noqa: PLC0415 - loaded on use

        rows = self.rows if subset is None else self.select(subset=subset).rows
        return forest(rows, metric, ax)

    # --- how they look --------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """Say in a line what each judge came to on each task: the headline, agreement and ceiling beside it."""
        from judgebench.report.document.text import clean  # noqa: PLC0415 - loaded on use

        said: dict[tuple[str, str, str], str] = {}
        for row in self.rows:
            if row.subset == "all":
                # A second row of this name is the same under another convention.
                said.setdefault(
                    (row.task, row.judge, row.revision), f"{clean(row.judge)} on {clean(row.task)}: {_said(row)}"
                )
        return list(said.values())

    def __repr__(self) -> str:
        lines = self.lines()
        if len(lines) == 1:
            return f"<Scores: {lines[0]}>"
        return f"<Scores: {len(self.rows)} rows of {len(lines)} judges and tasks; print() shows the table>"

    def __str__(self) -> str:
        from judgebench.report.document.text import clean  # noqa: PLC0415 - loaded on use

        return self.render() + "".join(f"{clean(note)}\n" for note in self.notes)

    def _repr_markdown_(self) -> str:
        from judgebench.report.document.as_md import markdown_text  # noqa: PLC0415 - loaded on use

        notes = "".join(f"- {markdown_text(note)}\n" for note in self.notes)
        return self.render("md") + notes

    def _repr_html_(self) -> str:
        from judgebench.api.notebook import fragment  # noqa: PLC0415 - loaded on use

        return fragment(self.rows, self.notes)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's signature
        printer.text("<Scores ...>" if cycle else str(self).rstrip())


_NAMES = ("task", "judge", "subset")
_FIELDS = frozenset({"rows", "notes", "asked"})


def _listed(wanted: dict[str, str]) -> str:
    return " and ".join(f"{name} {value!r}" for name, value in wanted.items())


def _headline(row: Agreement) -> Figure:
    name = row.headline or "cohen_kappa"
    return Figure.of(name, row.metrics.get(name) or Estimate.missing("not_measured"))


def _ceiling(row: Agreement) -> Figure:
    name = row.headline or "cohen_kappa"
    return Figure.of(name, row.ceiling.get(name) or Estimate.missing("one_annotator"))


def _said(row: Agreement) -> str:
    from judgebench.report.document.text import figure, spread  # noqa: PLC0415 - loaded on use
    from judgebench.report.scores import gold_words  # noqa: PLC0415 - loaded on use

    parts = [str(_headline(row))]
    plain = row.metrics.get("percent_agreement") or row.metrics.get("accuracy")
    if plain is not None and plain.value is not None:
        parts.append(f"{gold_words(row.gold)} {figure(100 * plain.value, 1)} %")
    if (ceiling := _ceiling(row).value) is not None:
        parts.append(f"human ceiling {spread(ceiling)}")
    parts.append(f"{row.items:,} items, coverage {figure(100 * row.coverage, 1)} %")
    return ", ".join(parts)
