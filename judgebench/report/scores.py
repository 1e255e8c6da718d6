"""`Scores`: how far judges agree with gold, in the hands of a program and in every form."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, overload

from judgebench.domain import Agreement, Estimate, bare
from judgebench.domain.shapes import ListOf, record
from judgebench.errors import UsageError
from judgebench.report.document.blocks import Notes, Sentences, Table, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, interval, percent, words_of
from judgebench.report.line import agreement
from judgebench.report.row_table import room_plan, row_grid
from judgebench.report.rows import ROW, arrange, columns, frame
from judgebench.report.strata import strata_tables
from judgebench.report.words import REASONS, gold_words, task_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from judgebench.agreement.compare.comparison import Comparison
    from judgebench.domain import Usage
    from judgebench.report.document.blocks import Block, Sheet
    from judgebench.report.document.brief import Brief
    from judgebench.report.line import Source

__all__ = ["Asked", "Figure", "Scores"]

#: Short names: figures in the order in which a row is looked through.
_SHORT = {
    "alpha": ("krippendorff_alpha", "krippendorff_alpha_masi"),
    "rho": ("spearman_rho", "mean_spearman_rho"),
}


class _NoSuchFigureError(UsageError, AttributeError):
    """No figure, or not one: an AttributeError too, for ``hasattr`` and ``getattr`` with a default."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Figure(Estimate):
    """An `Estimate` that knows its name and prints itself; it equals the `Estimate` of the same numbers.

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
        return cls(**{part.name: getattr(one, part.name) for part in fields(Estimate)}, name=name)

    def __eq__(self, other: object) -> bool:
        return _numbers(self) == _numbers(other) if isinstance(other, Estimate) else NotImplemented

    def __hash__(self) -> int:
        return hash(_numbers(self))

    def __repr__(self) -> str:
        return f"<{self}, n = {self.n}>"

    def __str__(self) -> str:
        from judgebench.stats.coefficients.catalog import title_of  # noqa: PLC0415 - loaded on use

        title = clean(title_of(self.name)).replace("_", " ")
        if self.value is None:
            return f"{title} undefined: {words_of(self.undefined or '', REASONS)}"
        return f"{title} {interval(self)}" + (" (no interval)" if self.low is None or self.high is None else "")


def _numbers(one: Estimate) -> tuple[Any, ...]:
    return tuple(getattr(one, part.name) for part in fields(Estimate))


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking for one run came to.

    ``path`` is the run's folder, which ``judgebench.score`` reads; ``asked`` cases were asked now, ``reused`` ones were
    there; ``usage`` is what was asked now.
    """

    task: str
    judge: str
    path: Path
    asked: int
    reused: int
    usage: Usage


@dataclass(frozen=True, slots=True, repr=False)
class Scores(Document, Sequence[Agreement]):
    """How far judges agree with gold: a sequence of `Agreement` rows, with ways to look at them.

    Where there is one judge on one task, every figure is an attribute, taken from its row ``all``:
    ``scores.kappa.low``. ``kappa`` is the one that the scale calls for (quadratic weights on ratings, the steps' on
    steps, Cohen's own elsewhere), ``alpha`` Krippendorff's at the scale's level, ``rho`` Spearman's, ``headline`` what
    judges are ranked by, ``ceiling`` the same figure among people; others have their names of ``judgebench list
    metrics``. Where there are several, choose first: ``scores.select(judge=...)``.

    ``unmeasured`` says of runs on items without labels that nothing can be measured yet, ``notes`` what a person should
    know beside the figures, ``asked`` what was asked for them (nothing where only stored answers were measured).
    Scores are equal whoever asked.
    """

    rows: tuple[Agreement, ...]
    notes: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = field(default=(), compare=False)
    _sources: tuple[Source, ...] = field(default=(), compare=False)
    unmeasured: tuple[str, ...] = field(default=(), compare=False)
    #: Options that join the same labels with the runs; None where there are none to write.
    _labels: tuple[str, ...] | None = field(default=(), compare=False)

    SCHEMA = "judgebench.scores/1"
    SHAPE = record(
        "",
        "How far LLM judges agree with gold labels. Values are fractions, never percents. Fields may be added within "
        "version 1; none is removed or changes its meaning.",
        rows=(ListOf(ROW), lambda scores: arrange(scores.rows)),
    )

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
        # The way back to the judgments is not data.
        return Scores, (self.rows, self.notes, self.asked)

    # --- one row --------------------------------------------------------------------------------

    def select(self, *, task: str | None = None, judge: str | None = None, subset: str | None = None) -> Scores:
        """Keep the rows of some names; UsageError if that leaves none.

        A judge may be named without the conditions in which its runs differ: these are all its runs then.
        """
        wanted = {name: value for name, value in zip(_NAMES, (task, judge, subset), strict=True) if value is not None}
        rows = tuple(row for row in self.rows if all(_is(row, name, value) for name, value in wanted.items()))
        if not rows:
            name, value = next(
                ((n, v) for n, v in wanted.items() if not any(_is(row, n, v) for row in self.rows)), ("row", "")
            )
            if name == "row":
                raise UsageError(f"no row has {_listed(wanted)} together")
            known = dict.fromkeys(getattr(row, name) for row in self.rows)
            raise UsageError(f"no row has {name} {value!r}; there is {', '.join(map(repr, known))}")
        wanted.pop("subset", None)
        asked = tuple(one for one in self.asked if all(_is(one, *pair) for pair in wanted.items()))
        sources = tuple(one for one in self._sources if all(_is(one, *pair) for pair in wanted.items()))
        return replace(self, rows=rows, asked=asked, _sources=sources)

    def row(self, *, task: str | None = None, judge: str | None = None, subset: str | None = None) -> Agreement:
        """Give the one row of a judge on a task, both of which may be left out where there is one.

        By default that of all items, or of the one subset that there is; criteria have a row each, and none together.
        Where a benchmark forgives unusable answers there are two rows of one name, and the first is under its own
        convention. UsageError if there is none, or rows of several judges or tasks.
        """
        if self.unmeasured and not self.rows:
            raise _NoSuchFigureError("; ".join(self.unmeasured))
        if subset is None:
            subsets = list(dict.fromkeys(row.subset for row in self.rows))
            subset = subsets[0] if len(subsets) == 1 else "all"
            if subset not in subsets and subsets:
                each = ", ".join(map(repr, subsets))
                raise _NoSuchFigureError(
                    f"figures of criteria have no average: choose with .select(subset=...), of {each}"
                )
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
        near = [one for one in difflib.get_close_matches(name, dir(self), n=3, cutoff=0.6) if one != name]
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

    def brief(self) -> Brief | None:
        if not self.rows and not self.unmeasured:
            return None
        from judgebench.report.briefs.score import brief  # noqa: PLC0415 - loaded on use

        return brief(self.rows, self._sources, self.unmeasured, self._labels)

    def blocks(self) -> Iterator[Block]:
        if self.unmeasured:
            yield Sentences(self.unmeasured)
            if not self.rows:
                return
        rows = arrange(self.rows)
        layout = row_grid(rows)
        plan = room_plan(layout, any(row.subset != "all" for row in rows))
        yield Table(layout, (0, 1, 2), plan)
        yield from strata_tables(rows)

    def sheet(self) -> Sheet:
        return sheet(columns(self.rows), arrange(self.rows))

    def to_frame(self, *, long: bool = False) -> Any:
        """Give the rows as a pandas DataFrame.

        Wide, a row per task, judge and subset: the columns of CSV, without the figures that nobody measured; NaN stands
        for what is undefined (``undefined`` says why, as ``figure=reason``) and for what isn't measured on a row's
        scale. A figure ``f`` has the columns ``f``, ``f_low`` and ``f_high``. ``long``, a row per figure: its kind is
        ``metric``, ``ceiling`` or ``bias``. Names are ``string``, counts ``int64``, everything else ``float64``.
        """
        return frame(self.rows, long=long)

    def compare(self, first: str, second: str, *, metric: str | Iterable[str] = (), seed: int = 0) -> Comparison:
        """Compare two judges on the same items: the first less the second, paired, clustered by question.

        ``metric`` is by default what the scale calls for, ``seed`` that of the permutation tests. UsageError if the
        judgments are not at hand (these scores were unpickled) or a name is unknown, DataError if the judges were not
        asked about the same items.
        """
        from judgebench.agreement.compare.compare import compare  # noqa: PLC0415 - loaded on use
        from judgebench.agreement.matching import match  # noqa: PLC0415 - loaded on use

        chosen = [self.row(judge=judge) for judge in (first, second)]
        behind = [
            (source, row.policies)
            for row in chosen
            for source in self._sources
            if (source.task, source.judge, source.revision) == (row.task, row.judge, row.revision)
        ]
        if len(behind) != 2:
            raise UsageError("the judgments behind these scores are not at hand: measure again with judgebench.score")
        wanted = [metric] if isinstance(metric, str) else list(metric)
        judged = [source.judged(policies) for source, policies in behind]
        return compare(match(judged, shared=False), wanted, known=behind[0][0].known, seed=seed)

    def plot(self, metric: str | None = None, *, subset: str | None = "all", ax: Any = None) -> Any:
        """Draw the judges' headline figures (or another ``metric``) with their intervals, and the human ceiling.

        ``subset`` None draws every subset; ``ax`` are matplotlib's axes to draw on, by default those of a new figure.
        """
        from judgebench.report.page.charts.axes import forest_axes  # noqa: PLC0415 - loaded on use

        rows = self.rows if subset is None else self.select(subset=subset).rows
        return forest_axes(rows, metric, ax)

    # --- how they look --------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """Say in a line what each judge came to on each task: the headline, agreement and ceiling beside it."""
        said: dict[tuple[str, ...], str] = {}
        whole = {(row.task, row.judge, row.revision) for row in self.rows if row.subset == "all"}
        for row in self.rows:
            name = (row.task, row.judge, row.revision)
            if row.subset == "all" or name not in whole:
                # A second row of this name is the same under another convention; criteria have no row together.
                on = task_of(row) + ("" if name in whole else f", {clean(row.subset)}")
                said.setdefault((*name, row.subset), f"{clean(row.judge)} on {on}: {_said(row)}")
        return list(said.values())

    def __repr__(self) -> str:
        if self.unmeasured and not self.rows:
            return "<Scores: nothing can be measured yet, no item has a label; print() says more>"
        lines = self.lines()
        if len(lines) == 1:
            return f"<Scores: {lines[0]}>"
        pairs = len({(row.task, row.judge, row.revision) for row in self.rows})
        return f"<Scores: {len(self.rows)} rows of {pairs} judges and tasks; print() shows the table>"

    def __str__(self) -> str:
        return self.render() + "".join(f"{clean(note)}\n" for note in self.notes)

    def _repr_markdown_(self) -> str:
        from judgebench.report.document.as_md import markdown_text  # noqa: PLC0415 - loaded on use

        return self.render("md") + "".join(f"- {markdown_text(note)}\n" for note in self.notes)

    def _repr_html_(self) -> str:
        from judgebench.report.document.as_html import fragment  # noqa: PLC0415 - loaded on use

        said = Sentences(tuple(self.sentences()))
        if self.unmeasured and not self.rows:
            return fragment([said, Notes(self.notes)])
        rows = arrange(self.rows)
        # A column that says "all" throughout says nothing.
        hidden = ("subset",) if all(row.subset == "all" for row in rows) else ()
        return fragment([said, Table(row_grid(rows).without(*hidden)), Notes(self.notes)], _drawing(rows))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's signature
        printer.text("<Scores ...>" if cycle else str(self).rstrip())


_NAMES = ("task", "judge", "subset")
_FIELDS = frozenset({"rows", "notes", "asked", "unmeasured"})
#: More judges than this make no picture.
_MOST = 60


def _is(row: object, name: str, value: str) -> bool:
    """Whether a row has this name; a judge's own name stands for all of its runs."""
    own = getattr(row, name)
    return value == own or (name == "judge" and value == bare(own))


def _listed(wanted: dict[str, str]) -> str:
    return " and ".join(f"{name} {value!r}" for name, value in wanted.items())


def _headline(row: Agreement) -> Figure:
    name = row.headline or "cohen_kappa"
    return Figure.of(name, row.metrics.get(name) or Estimate.missing("not_measured"))


def _ceiling(row: Agreement) -> Figure:
    name = row.headline or "cohen_kappa"
    return Figure.of(name, row.ceiling.get(name) or Estimate.missing("one_annotator"))


def _said(row: Agreement) -> str:
    parts = [str(_headline(row))]
    if (plain := agreement(row)) is not None:
        parts.append(f"{gold_words(row.gold)} {percent(plain.value)} %")
    if (ceiling := _ceiling(row).value) is not None:
        parts.append(f"human ceiling {decimal(ceiling)}")
    parts.append(f"{row.items:,} items, coverage {percent(row.coverage)} %")
    return ", ".join(parts)


def _drawing(rows: Sequence[Agreement]) -> str:
    """Draw the judges' intervals as SVG; nothing where they share no axis."""
    from judgebench.report.page.charts.inline import forest  # noqa: PLC0415 - loaded on use

    drawn = [row for row in rows if row.subset == "all"] or list(rows)
    if len(drawn) > _MOST or len({row.headline for row in drawn}) > 1:
        return ""
    return forest(drawn)
