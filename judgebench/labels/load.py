"""Read one's own labels into ratings: the judges' labels against those of the annotators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from judgebench.domain import Ratings, Scale
from judgebench.errors import UsageError, argument
from judgebench.files.read import open_table
from judgebench.files.records import some
from judgebench.files.table import Table
from judgebench.labels.cells import Cells
from judgebench.labels.columns import ROLE, Raw
from judgebench.labels.encoding import Coded, encode
from judgebench.labels.games import Games, merge_numbers, person, play, told, turn_back
from judgebench.labels.layout import Layout
from judgebench.labels.reading import dense
from judgebench.labels.scores import ScoreColumns, with_scores, with_ties
from judgebench.labels.shape import SHOWN, Shaped, check_alike, item_names, shape
from judgebench.labels.words import located

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from judgebench.labels.cells import Means
    from judgebench.labels.columns import Ints

    Codes = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

#: Two raters who share no label over this many rows do not use the same scale.
_MANY = 20
_UNNAMED = "(none)"
#: Gold labels of more items times raters than this are kept small.
_WIDE = 1 << 22
#: The row of a report that holds all items.
_WHOLE = "all"


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """A label file, ready to be measured: ratings by judge, in the order asked for, with one scale and the same gold.

    ``rows`` counts items where raters are in rows. ``unlabelled`` rows, without any gold label, are left out of the
    ratings unless asked for; ``missing`` counts empty cells per rater among the rows that are kept. ``notes`` are
    sentences for a person (what was recognised, left out, or counted as no verdict), ``warnings`` codes:
    ``undeclared_levels``, ``unlabelled_rows``. ``names`` gives the ids of a judge's items, or else their places in the
    file, ``clusters`` the table's own code of each of its clusters. ``own_gold``: judges in rows each have their own;
    ``criteria``: the subsets are those.
    """

    path: str
    scale: Scale
    judges: Mapping[str, Ratings]
    rows: int
    unlabelled: int
    missing: Mapping[str, int]
    revision: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    names: Callable[[str], list[str]]
    clusters: Callable[[str], list[str]]
    own_gold: bool
    criteria: bool


def load(  # noqa: PLR0913 - one parameter per option of the command line
    path: Path | str | Table,
    judge_cols: Sequence[str],
    gold_cols: Sequence[str],
    *,
    scale: Scale | None = None,
    layout: Layout | None = None,
    cells: Cells | None = None,
    subset_col: str | None = None,
    system_col: str | None = None,
    keep_unlabelled: bool = False,
    score_cols: Sequence[str] = (),
    score_means: Means | None = None,
    threshold: float | None = None,
) -> LoadedTable:
    """Read a label file into one `Ratings` per judge; by default its scale is the one that all labels fit.

    Without a judge column (and with two gold columns or more) the one `Ratings` has an empty name and no verdicts.
    Where raters are in rows the columns name raters, and without gold columns all but the judges are annotators. A row
    with an empty cluster is a cluster of its own; repeats of an id are an error, unless the layout says what they are.
    ``keep_unlabelled`` keeps rows without a gold label. ``score_cols`` are the judges' scores or probabilities in their
    order; without ``judge_cols`` each is a judge of its own, whose verdicts are read off its numbers.

    DataError where the file can't be read as asked, with all labels that are not on the scale; UsageError where the
    options contradict each other, or the labels fit several scales.
    """
    layout, cells = layout or Layout(), cells or Cells()
    cells = replace(cells, unlisted=scale is not None and not scale.listed)
    scores = ScoreColumns(score_cols, score_means, threshold, cells)
    scores.check(judge_cols, long=layout.rater is not None)
    layout.check(judge_cols, gold_cols, score_cols, subset_col, system_col)
    _check_names(judge_cols, gold_cols, goldless=keep_unlabelled or layout.golden, scored=bool(score_cols))
    table = path if isinstance(path, Table) else open_table(path)
    keys = {"subset": subset_col, "system": system_col} | {f"{ROLE}{name}": name for name in score_cols}
    shaped = shape(table, layout, cells, judge_cols, gold_cols, keys, unlabelled=keep_unlabelled)
    merge_numbers(table, shaped, layout, cells)
    coded = encode(table, shaped.raw, shaped.judges, scale, cells)
    if scale is None:
        coded = with_ties(coded, shaped.raw, scores)
    turn_back(shaped, layout, coded)
    found = _Building(table, shaped, layout, coded, keys, scores).build(keep_unlabelled=keep_unlabelled)
    # The ratings have the codes; a million different words are not kept beside them.
    shaped.raw.labels.clear()
    coded.labels.clear()
    return found


def _check_names(judge_cols: Sequence[str], gold_cols: Sequence[str], *, goldless: bool, scored: bool) -> None:
    columns = [*judge_cols, *gold_cols]
    # Two annotators can be measured against each other without any judge.
    if not goldless and ((not judge_cols and len(gold_cols) < 2 - scored) or not gold_cols):
        raise UsageError(
            f"name {'a judge' if not judge_cols else 'a gold'} column; `judgebench doctor FILE` shows them"
        )
    if doubled := [name for name in dict.fromkeys(columns) if columns.count(name) > 1]:
        raise UsageError(f"{doubled[0]!r} is named twice; a column is a judge's or gold, once")


class _Frame(NamedTuple):
    """What judges with the same rows share: columns of `Ratings`, and the row and the cluster behind each."""

    unit: Codes
    games: Games
    shared: Mapping[str, Any]
    clusters: Codes


@dataclass(frozen=True, slots=True)
class _Building:
    """Labels on the scale, about to become ratings."""

    table: Table
    shaped: Shaped
    layout: Layout
    coded: Coded
    keys: Mapping[str, str | None]
    scores: ScoreColumns

    def build(self, *, keep_unlabelled: bool) -> LoadedTable:
        """Put gold beside each judge's labels."""
        table, raw, coded = self.table, self.shaped.raw, self.coded
        notes, warnings, golds = coded.notes, coded.warnings, self.shaped.golds
        gold = self._gold()
        units = len(gold)
        labelled: Flags = np.asarray((gold >= 0).any(axis=1))
        unlabelled = units - int(np.count_nonzero(labelled))
        kept = np.ones(units, np.bool_) if keep_unlabelled else labelled
        if not kept.any():
            raise table.error(f"no row has a gold label in {', '.join(golds)}", hint="nothing can be scored")
        if unlabelled and not keep_unlabelled:
            notes.append(f"{unlabelled:,} of {units:,} rows have no gold label and are left out")
            warnings.append("unlabelled_rows")
        names = self.shaped.judges or [""]
        played = {name: self._played(name, kept) for name in names}
        notes += told(raw.repeats)
        groups = self._groups(kept)
        judges: dict[str, Ratings] = {}
        frames: dict[str, _Frame] = {}
        last: _Frame | None = None
        for name, games in played.items():
            last = frames[name] = self._frame(games, gold, groups, last)
            judges[name] = Ratings(scale=coded.scale, judge=games.said, annotators=tuple(golds), **last.shared)
        missing = self._missing(frames, judges, gold if kept.all() else gold[kept])
        for name in self.shaped.judges:
            if name in coded.labels:
                _check_label_sets(table, coded, name, judges[name].judge, judges[name].gold, golds)
        if coded.sequences is not None:
            judges = {name: _spelled_out(ratings, coded.sequences) for name, ratings in judges.items()}
        if self.scores.names:
            rows = {name: np.where(frame.games.second, -1, frame.games.row) for name, frame in frames.items()}
            judges = with_scores(table, raw, judges, self.scores, rows, coded)
        return LoadedTable(
            path=table.name,
            scale=coded.scale,
            judges=judges,
            rows=units,
            unlabelled=unlabelled,
            missing=missing,
            revision=table.revision,
            notes=tuple(notes),
            warnings=tuple(dict.fromkeys(warnings)),
            names=lambda judge: self._names(frames.get(judge) or frames[""]),
            clusters=lambda judge: [str(code) for code in (frames.get(judge) or frames[""]).clusters.tolist()],
            own_gold=bool(self.layout.judge_name),
            criteria=bool(raw.criteria),
        )

    def _gold(self) -> Codes:
        """Gold by row of the table, or by item where raters are in rows; shape (n, m)."""
        raw, golds = self.shaped.raw, self.shaped.golds
        units = raw.lines.size if raw.first is None else raw.first.size
        # Hundreds of raters of many items leave most of it empty: a label takes two bytes there, not eight.
        narrow: Any = np.int16 if units * len(golds) > _WIDE else np.int64
        gold: Codes = np.full((units, len(golds)), -1, narrow)
        for j, name in enumerate(golds):
            if raw.first is None:
                gold[:, j] = self.coded.labels[name]
            else:
                found = person(self.table, raw, self.layout, self.coded, name)
                gold[found.item, j] = found.said
        if raw.first is None and raw.item is not None and (self.layout.order or self.layout.combine):
            self._fill(gold, raw.item)
        elif raw.first is None and raw.item is not None and self.layout.judge_name:
            self._share(gold, raw.item)
        return gold

    def _share(self, gold: Codes, item: Ints) -> None:
        """Give rows without gold what all others of their item say, as in a table where it is written once."""
        for j, name in enumerate(self.shaped.golds):
            said = gold[:, j] >= 0
            most = np.full(int(item.max()) + 1, -1, np.int64)
            least = np.full(most.size, np.iinfo(np.int64).max)
            np.maximum.at(most, item[said], gold[said, j])
            np.minimum.at(least, item[said], gold[said, j])
            blank = ~said & (most == least)[item]
            gold[blank, j] = most[item[blank]]
            if count := int(np.count_nonzero(blank)):
                self.coded.notes.append(f"{name}: {count:,} empty cells take what another row of their item says")

    def _fill(self, gold: Codes, item: Ints) -> None:
        """Give all rows of an item (and judge) the gold that one of them has; refuse two different labels."""
        raw, key = self.shaped.raw, item.astype(np.int64)
        if self.layout.judge_name:
            for j, name in enumerate(self.shaped.judges):
                key[raw.rows_of(name)] += j * (int(item.max()) + 1)
        key = dense(key)
        for j, name in enumerate(self.shaped.golds):
            most = np.full(int(key.max()) + 1, -1, np.int64)
            np.maximum.at(most, key, gold[:, j])
            differs = np.flatnonzero((gold[:, j] >= 0) & (gold[:, j] != most[key]))
            if differs.size:
                row = int(differs[0])
                other = int(np.flatnonzero((key == key[row]) & (gold[:, j] == most[key[row]]))[0])
                raise self.table.error(
                    f"item {item_names(raw, differs[:1])[0]!r} has another gold label on {self.table.unit} "
                    f"{raw.lines[other]}",
                    line=int(raw.lines[row]),
                    field=name,
                    hint="gold is an item's own: it names the answer, whatever order the judge saw",
                )
            gold[:, j] = most[key]

    def _played(self, name: str, kept: Flags) -> Games:
        """Give a judge's labels by item; where raters are in rows, an item that it has no row for has no verdict."""
        raw = self.shaped.raw
        if raw.first is None:
            return play(self.table, raw, self.layout, self.coded, name, kept)
        found = play(self.table, raw, self.layout, self.coded, name, kept) if name else Games.none()
        there = np.zeros(kept.size, np.bool_)
        there[found.item] = True
        absent = np.flatnonzero(kept & ~there)
        if not absent.size:
            return found
        silent = replace(Games.none(absent.size), item=absent, row=raw.first[absent].astype(np.int64))
        every = found.joined(silent)
        return every.take(np.argsort(every.item, kind="stable"))

    def _groups(self, kept: Flags) -> Mapping[str, tuple[Codes, tuple[str, ...]]]:
        """Cluster, subset and system of each row (or item), with the names of the latter two."""
        raw = self.shaped.raw
        rows = np.arange(raw.lines.size) if raw.first is None else raw.first
        found = {role: _group(raw, role, rows) for role in ("subset", "system")}
        codes, names = found["subset"]
        if _WHOLE in names and (codes[kept] == names.index(_WHOLE)).any():
            # Two rows of one name: whoever reads the scores would take one for the other.
            raise self.table.error(
                f"{argument('subset')} has a subset named {_WHOLE!r}, as the row of all items is",
                hint="name it otherwise in the table",
            )
        item = np.arange(rows.size) if raw.first is not None or raw.item is None else raw.item
        cluster, alone = _clusters(raw, rows, item.astype(np.int64))
        if nameless := int(np.count_nonzero(alone[kept])):
            self.coded.notes.append(f"{nameless:,} rows name no cluster; each counts as its own")
        return found | {"cluster": (cluster, ())}

    def _frame(
        self, games: Games, gold: Codes, groups: Mapping[str, tuple[Codes, tuple[str, ...]]], last: _Frame | None
    ) -> _Frame:
        raw = self.shaped.raw
        unit = games.row if raw.first is None else games.item
        if last is not None and np.array_equal(unit, last.unit) and np.array_equal(games.swapped, last.games.swapped):
            return _Frame(unit, games, last.shared, last.clusters)
        if games.game.any():
            named = {role: name for role, name in self.keys.items() if name is not None}
            check_alike(
                self.table,
                raw,
                named,
                games.row,
                games.row[np.maximum.accumulate(np.where(games.game == 0, np.arange(games.game.size), 0))],
            )
        codes = {role: np.unique(own[unit], return_inverse=True) for role, (own, _) in groups.items()}
        shared = {
            "gold": gold if np.array_equal(unit, np.arange(len(gold))) else gold[unit],
            "item": dense(games.item),
            "game": games.game,
            "swapped": games.swapped,
            **{role: place.reshape(-1) for role, (_, place) in codes.items()},
            "subsets": tuple(groups["subset"][1][code] for code in codes["subset"][0]),
            "systems": tuple(groups["system"][1][code] for code in codes["system"][0]),
        }
        return _Frame(unit, games, shared, codes["cluster"][0])

    def _missing(self, frames: Mapping[str, _Frame], judges: Mapping[str, Ratings], gold: Codes) -> dict[str, int]:
        """Count the empty cells per rater, and say so in a sentence each of judges and of gold."""
        raw, golds, notes, n = self.shaped.raw, self.shaped.golds, self.coded.notes, len(gold)
        missing: dict[str, int] = {}
        silent: list[str] = []
        for name in self.shaped.judges:
            if name not in self.coded.labels:
                continue
            gaps = judges[name].judge < 0
            missing[name] = int(np.count_nonzero(gaps))
            if 0 < gaps.size == missing[name] and len(self.shaped.judges) == 1:
                raise self.table.error(
                    f"{name} gives no verdict on any of the {gaps.size:,} items with gold",
                    hint="formulas of a spreadsheet that were never calculated are empty",
                )
            if missing[name]:
                rows = frames[name].games.row[gaps]
                where = f" ({located(raw.lines[rows].tolist(), self.table.unit)})" if raw.first is None else ""
                silent.append(f"{name}: {missing[name]:,} of {gaps.size:,} cells{where}")
        if silent:
            notes.append(f"{some(silent)} hold no verdict; the policy invalid says what they count as")
        missing |= {name: int(np.count_nonzero(gold[:, j] < 0)) for j, name in enumerate(golds)}
        if len(golds) > SHOWN:
            notes.append(f"{np.count_nonzero(gold >= 0):,} labels of {n:,} items by {len(golds)} annotators")
        elif len(golds) > 1 and (lacking := _lacking({name: missing[name] for name in golds})):
            notes.append(f"of {n:,} rows, {lacking}")
        return missing

    def _names(self, frame: _Frame) -> list[str]:
        """Name the items when asked: a million names take more room than the labels."""
        raw, unit = self.shaped.raw, self.table.unit
        rows = frame.games.row[np.unique(frame.games.item, return_index=True)[1]]
        if raw.item is None or "id:0" not in raw.keys:
            return [f"{unit} {line}" for line in raw.lines[rows].tolist()]
        return item_names(raw, rows)


def _spelled_out(ratings: Ratings, sequences: Codes) -> Ratings:
    """Put whole orders or checks of steps in the place of their numbers."""
    judge, gold = sequences[ratings.judge], sequences[ratings.gold]
    # What a verdict comes to: the response ranked first, or whether all steps are right.
    first = ratings.scale.kind == "rank"
    come = np.append(sequences[:-1, 0] if first else np.where(sequences[:-1] < 0, 1, sequences[:-1]).min(axis=1), -1)
    return replace(ratings, judge=come[ratings.judge], gold=come[ratings.gold], sequence=judge, gold_sequence=gold)


def _clusters(raw: Raw, rows: npt.NDArray[np.integer], item: Codes) -> tuple[Codes, Flags]:
    """Cluster of each row, and whether it names none: a row without a question is a question of its own."""
    if "cluster" not in raw.keys:
        return item, np.zeros(item.size, np.bool_)
    column = raw.keys["cluster"]
    codes = column.codes()[rows].astype(np.int64)
    names = list(column.words)
    blank = [code for code, name in enumerate(names) if not name.strip()]
    alone = np.isin(codes, blank) if blank else np.zeros(codes.size, np.bool_)
    codes[alone] = max(len(names), int(codes.max(initial=0)) + 1) + np.arange(np.count_nonzero(alone))
    return codes, alone


def _group(raw: Raw, role: str, rows: npt.NDArray[np.integer]) -> tuple[Codes, tuple[str, ...]]:
    if role not in raw.keys:
        return np.zeros(rows.size, np.int64), ("",)
    column = raw.keys[role]
    merged: dict[str, int] = {}
    to = np.array([merged.setdefault(name.strip() or _UNNAMED, len(merged)) for name in column.words], np.int64)
    return to[column.codes()[rows]], tuple(merged)


def _check_label_sets(
    table: Table, coded: Coded, name: str, judge: Codes, gold: Codes, gold_cols: Sequence[str]
) -> None:
    """Refuse two raters who use different label sets: no coefficient on them means anything."""
    if not coded.scale.listed:
        return
    width = len(coded.scale.labels)
    said = [set(np.flatnonzero(np.bincount(c[c >= 0], minlength=width)).tolist()) for c in (judge, gold.ravel())]
    if not said[0] or not said[1] or said[0] & said[1]:
        return
    shown = [", ".join(coded.scale.labels[code] for code in sorted(own)) for own in said]
    message = f"{name} only says {shown[0]}, {', '.join(gold_cols)} only {shown[1]}"
    # A few rows, or a rater who always says the same, may well share no label.
    if min(map(len, said)) >= 2 and (coded.scale.kind != "rate" or len(judge) >= _MANY):
        raise table.error(f"{message}: two different sets of labels", hint="check that both use the same scale")
    # A note for this judge and no code for the whole table: the other judges may well share labels.
    coded.notes.append(f"{message}: they never agree; check that both use the same scale")


def _lacking(missing: Mapping[str, int]) -> str:
    """Say how many labels annotators lack; nothing where they lack none.

    >>> _lacking({"ann": 1, "bob": 1, "cho": 1}), _lacking({"ann": 2, "bob": 1, "cho": 2})
    ('ann, bob and cho lack 1 label each', 'ann and cho lack 2 labels each, bob lacks 1 label')
    """
    said: list[str] = []
    for count in dict.fromkeys(filter(None, missing.values())):
        *rest, last = [name for name, own in missing.items() if own == count]
        labels = f"{count:,} label{'s' * (count > 1)}"
        said.append(f"{', '.join(rest)} and {last} lack {labels} each" if rest else f"{last} lacks {labels}")
    return ", ".join(said)
