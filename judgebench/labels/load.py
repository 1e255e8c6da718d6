"""Read one's own labels into ratings: the judges' columns against the gold columns."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.domain import Ratings, Scale
from judgebench.errors import UsageError, argument
from judgebench.files.read import open_table
from judgebench.files.table import Table
from judgebench.labels.columns import PLACES, Coded, Column, Raw, encode
from judgebench.labels.lists import encode_lists
from judgebench.labels.numbers import all_numbers, are_numbers, encode_numbers
from judgebench.labels.scores import ROLE, ScoreColumns, with_scores
from judgebench.labels.words import spans

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from judgebench.labels.scores import Means

    Ints = npt.NDArray[np.int32]
    Codes = npt.NDArray[np.int64]

#: A column with more different cells than this holds texts, not labels.
_MOST_LABELS = 2000
#: Two raters who share no label over this many rows do not use the same scale.
_MANY = 20
#: So many raters are named in a note.
_SHOWN = 12
_UNNAMED = "(none)"
#: The row of a report that holds all items.
_WHOLE = "all"


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
class LoadedTable:
    """A label file, ready to be measured: ratings by judge, in the order asked for, with one scale and the same gold.

    ``rows`` counts items in long form. ``unlabelled`` rows, without any gold label, are left out of the ratings unless
    asked for; ``missing`` counts empty cells per column among the rows that are kept. ``notes`` are sentences for a
    person (what was recognised, left out, or counted as no verdict), ``warnings`` codes: ``undeclared_levels``,
    ``unlabelled_rows``. ``names`` gives each item's id, or else its place in the file.
    """

    path: str
    scale: Scale
    judges: Mapping[str, Ratings]
    rows: int
    unlabelled: int
    missing: Mapping[str, int]
    revision: str
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    names: Callable[[], list[str]] = list


def load(  # noqa: PLR0913 - one parameter per option of the command line
    path: Path | str | Table,
    judge_cols: Sequence[str],
    gold_cols: Sequence[str],
    *,
    scale: Scale | None = None,
    cluster_col: str | None = None,
    subset_col: str | None = None,
    system_col: str | None = None,
    id_col: str | None = None,
    delimiter: str | None = None,
    long: LongSpec | None = None,
    words: Mapping[str, str] | None = None,
    keep_unlabelled: bool = False,
    score_cols: Sequence[str] = (),
    score_means: Means | None = None,
    threshold: float | None = None,
) -> LoadedTable:
    """Read a label file into one `Ratings` per judge; by default its scale is the one that all labels fit.

    Without a judge column (and with two gold columns or more) the one `Ratings` has an empty name and no verdicts. In
    long form the columns are raters, and without gold columns all but the judges are annotators. A row with an empty
    ``cluster_col`` is a cluster of its own; repeats in ``id_col`` are an error. ``words`` says what words mean by a
    label of the scale: ``{"0": "tie"}``; ``""`` makes a word a gap. ``keep_unlabelled`` keeps rows without a gold
    label. ``score_cols`` are the judges' scores or probabilities in their order; without ``judge_cols`` each is a judge
    of its own, whose verdicts are read off its numbers.

    DataError where the file can't be read as asked, with all labels that are not on the scale; UsageError where the
    options contradict each other, or the labels fit several scales.
    """
    scores = ScoreColumns(score_cols, score_means, threshold)
    scores.check(judge_cols, long=long is not None)
    everyone = long is not None and not gold_cols and not keep_unlabelled
    columns = [*judge_cols]
    if not everyone:
        columns = _check_names(judge_cols, gold_cols, goldless=keep_unlabelled, scored=bool(score_cols))
    table = path if isinstance(path, Table) else open_table(path, delimiter)
    keys = {"cluster": cluster_col, "subset": subset_col, "system": system_col}
    if long is not None and id_col is not None and id_col != long.item:
        raise UsageError(f"{argument('long')} already names the item column, {long.item!r}; leave {argument('id')} out")
    wide = keys | {"id": id_col} | {f"{ROLE}{name}": name for name in score_cols}
    free = scale is not None and not scale.listed
    raw = (
        _read_wide(table, columns, wide, free=free)
        if long is None
        else _read_long(table, columns, keys, long, everyone=everyone, free=free)
    )
    if everyone:
        gold_cols = [name for name in raw.labels if name not in judge_cols]
        if len(gold_cols) < 2 - bool(judge_cols):
            raise table.error(f"{len(gold_cols)} raters beside the judges", field=columns[0] if columns else None)
        raw.notes.append(f"gold: the {len(gold_cols)} raters who are no judges: {_listed(gold_cols)}")
    if scale is None and are_numbers(raw, judge_cols):
        scale = Scale.number()
    if scale is None or scale.listed:
        coded = encode(table, raw, judge_cols, scale, words or {})
    else:
        read = encode_numbers if scale.kind == "number" else encode_lists
        coded = read(table, raw, judge_cols, scale, words or {})
    distinct_ids = long is None and id_col is not None and id_col != cluster_col
    return _build(
        table,
        raw,
        coded,
        judge_cols,
        gold_cols,
        scores,
        distinct_ids=distinct_ids,
        keep_unlabelled=keep_unlabelled,
    )


def _check_names(judge_cols: Sequence[str], gold_cols: Sequence[str], *, goldless: bool, scored: bool) -> list[str]:
    columns = [*judge_cols, *gold_cols]
    # Two annotators can be measured against each other without any judge.
    if (not judge_cols and len(gold_cols) < 2 - scored) or not (gold_cols or goldless):
        raise UsageError(f"name {'a judge' if not judge_cols else 'a gold'} column; judgebench doctor FILE shows them")
    if doubled := [name for name in dict.fromkeys(columns) if columns.count(name) > 1]:
        raise UsageError(f"{doubled[0]!r} is named twice; a column is a judge's or gold, once")
    return columns


def _read_columns(
    table: Table, labels: Sequence[str], others: Sequence[str], *, free: bool
) -> tuple[dict[str, Column], Ints]:
    """Read columns with their lines; ``free``: any number of different labels, and lists as JSON."""
    wanted = list(dict.fromkeys([*labels, *others]))
    read = {name: Column() for name in wanted}
    lines: list[Ints] = []
    for block in table.blocks(wanted, nested=free):
        lines.append(np.asarray(block.lines, np.int32))
        for name, cells in zip(wanted, block.columns, strict=True):
            read[name].blocks.append(read[name].words.take(cells))
        for name in () if free else labels:
            if len(read[name].words) > _MOST_LABELS and not all_numbers(read[name].words, judge=True):
                raise table.error(
                    f"more than {_MOST_LABELS:,} different values: that is not a column of labels",
                    field=name,
                    hint="judgebench doctor FILE shows which columns are",
                )
    return read, np.concatenate(lines)


def _read_wide(table: Table, columns: Sequence[str], keys: Mapping[str, str | None], *, free: bool) -> Raw:
    named = {role: name for role, name in keys.items() if name is not None}
    read, lines = _read_columns(table, columns, list(named.values()), free=free)
    return Raw({name: read[name] for name in columns}, {role: read[name] for role, name in named.items()}, lines)


def _listed(names: Sequence[str]) -> str:
    """List names, the first of many."""
    return f"{', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}"


def _read_long(
    table: Table, raters: Sequence[str], keys: Mapping[str, str | None], long: LongSpec, *, everyone: bool, free: bool
) -> Raw:
    named = {role: name for role, name in keys.items() if name is not None}
    read, lines = _read_columns(table, [long.label], [long.item, long.rater, *named.values()], free=free)
    names = {word: code for code, word in enumerate(read[long.rater].words)}
    stripped: dict[str, list[int]] = {}
    for word, code in names.items():
        stripped.setdefault(word.strip(), []).append(code)
    if everyone:
        raters = [*raters, *(name for name in stripped if name and name not in raters)]
    if missing := [rater for rater in raters if rater not in stripped]:
        near = difflib.get_close_matches(missing[0], stripped, n=3, cutoff=0.5)
        raise table.error(
            f"no rater is named {', '.join(map(repr, missing))}"
            + (f"; did you mean {' or '.join(map(repr, near))}?" if near else ""),
            field=long.rater,
            hint=f"the raters are {', '.join(list(stripped)[:40])}",
        )
    item, rater, label = (read[name].codes() for name in (long.item, long.rater, long.label))
    blank = [code for code, word in enumerate(read[long.item].words) if not word.strip()]
    if blank and (bad := np.flatnonzero(np.isin(item, blank))).size:
        raise table.error("a row without an item", line=int(lines[bad[0]]), field=long.item)
    count = len(read[long.item].words)
    first = np.full(count, -1, np.int64)
    first[item[::-1]] = np.arange(len(item) - 1, -1, -1)
    raw = Raw({}, {}, lines[first])
    place = np.full(len(names), len(raters))
    for j, name in enumerate(raters):
        place[stripped[name]] = j
    who = place[rater]
    order = np.argsort(who, kind="stable")
    ends = np.searchsorted(who[order], np.arange(len(raters) + 1))
    for j, name in enumerate(raters):
        rows = order[ends[j] : ends[j + 1]]
        _refuse_repeats(table, item[rows], lines[rows], list(read[long.item].words), f"labels by {name!r} for item")
        codes = np.full(count, -1, np.int32)
        codes[item[rows]] = label[rows]
        where = lines[first]
        where[item[rows]] = lines[rows]
        raw.labels[name] = Column(read[long.label].words, [codes])
        raw.label_lines[name] = where
    for role, name in named.items():
        values = read[name].codes()
        differs = np.flatnonzero(values != values[first[item]])
        if differs.size:
            row = int(differs[0])
            raise table.error(
                f"item {list(read[long.item].words)[item[row]]!r} has another {role} on {table.unit} "
                f"{lines[first[item[row]]]}",
                line=int(lines[row]),
                field=name,
            )
        raw.keys[role] = Column(read[name].words, [values[first]])
    raw.keys["item"] = Column(read[long.item].words, [np.arange(count, dtype=np.int32)])
    if others := [name for name in stripped if name and name not in raters]:
        raw.notes.append(f"raters left out: {_listed(others)}")
    return raw


def _refuse_repeats(table: Table, codes: Ints, lines: Ints, names: Sequence[str], what: str, hint: str = "") -> None:
    if not codes.size:
        return
    order = np.argsort(codes, kind="stable")
    twins = np.flatnonzero(codes[order][1:] == codes[order][:-1])
    if twins.size:
        # The first repeat in the file, not in the order of the codes.
        at = int(order[twins + 1].min())
        places = lines[codes == codes[at]]
        where = spans([int(line) for line in places[:PLACES]], table.unit, len(places))
        raise table.error(
            f"{len(places)} {what} {names[int(codes[at])].strip()!r} ({where})",
            hint=hint or "each item has one label per rater; delete the repeats",
        )


def _build(
    table: Table,
    raw: Raw,
    coded: Coded,
    judge_cols: Sequence[str],
    gold_cols: Sequence[str],
    scores: ScoreColumns,
    *,
    distinct_ids: bool,
    keep_unlabelled: bool,
) -> LoadedTable:
    notes, warnings = coded.notes, coded.warnings
    rows = len(coded.labels[[*judge_cols, *gold_cols][0]])
    gold = np.full((rows, len(gold_cols)), -1, np.int64)
    for j, name in enumerate(gold_cols):
        gold[:, j] = coded.labels[name]
    labelled: npt.NDArray[np.bool_] = np.asarray((gold >= 0).any(axis=1))
    unlabelled = rows - int(np.count_nonzero(labelled))
    kept = np.ones(rows, np.bool_) if keep_unlabelled else labelled
    n = int(np.count_nonzero(kept))
    if not n:
        raise table.error(f"no row has a gold label in {', '.join(gold_cols)}", hint="nothing can be scored")
    everything = slice(None) if n == rows else np.flatnonzero(kept)
    gold = gold[everything]
    if unlabelled and not keep_unlabelled:
        notes.append(f"{unlabelled:,} of {rows:,} rows have no gold label and are left out")
        warnings.append("unlabelled_rows")
    if distinct_ids:
        _check_ids(table, raw, everything)
    item = np.arange(n, dtype=np.int64)
    cluster = _clusters(raw, everything, item, notes)
    subset, subsets = _groups(raw, "subset", everything, n)
    if _WHOLE in subsets:
        # Two rows of one name: whoever reads the scores would take one for the other.
        raise table.error(
            f"{argument('subset')} has a subset named {_WHOLE!r}, as the row of all items is",
            hint="name it otherwise in the table",
        )
    system, systems = _groups(raw, "system", everything, n)
    labels = {name: codes[everything] for name, codes in coded.labels.items()}
    missing = {name: int(np.count_nonzero(codes < 0)) for name, codes in labels.items()}
    notes += [
        f"{name}: {missing[name]:,} of {n:,} cells hold no verdict; the policy invalid says what they count as"
        for name in judge_cols
        if missing[name]
    ]
    few = [
        f"{name}: {missing[name]:,} of {n:,} gold labels are missing"
        for name in gold_cols
        if missing[name] and len(gold_cols) > 1
    ]
    several = f"{np.count_nonzero(gold >= 0):,} labels of {n:,} items by {len(gold_cols)} annotators"
    notes += few if len(gold_cols) <= _SHOWN else [several]
    for name in judge_cols:
        _check_label_sets(table, coded, name, labels[name], gold, gold_cols)
    game, swapped = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    judges = {
        name: Ratings(
            scale=coded.scale,
            judge=labels[name] if name else np.full(n, -1, np.int64),
            gold=gold,
            annotators=tuple(gold_cols),
            item=item,
            cluster=cluster,
            game=game,
            swapped=swapped,
            subset=subset,
            subsets=subsets,
            system=system,
            systems=systems,
            **_sequences(coded, name, gold_cols, everything),
        )
        for name in judge_cols or ("",)
    }
    if scores.names:
        judges = with_scores(table, raw, judges, scores, everything, notes)
    return LoadedTable(
        path=table.name,
        scale=coded.scale,
        judges=judges,
        rows=rows,
        unlabelled=unlabelled,
        missing=missing,
        revision=table.revision,
        notes=tuple(notes),
        warnings=tuple(dict.fromkeys(warnings)),
        names=_item_names(table, raw, everything, distinct_ids=distinct_ids),
    )


def _sequences(coded: Coded, judge: str, gold: Sequence[str], rows: slice | Codes) -> dict[str, Any]:
    """Whole orders and checks of steps, as `Ratings` holds them; nothing on other scales."""
    if not coded.scale.sequential:
        return {}
    every = np.stack([coded.sequences[name][rows] for name in gold], axis=1)
    said = coded.sequences[judge][rows] if judge else np.full((len(every), every.shape[2]), -1, np.int64)
    return {"sequence": said, "gold_sequence": every}


def _item_names(table: Table, raw: Raw, rows: slice | Codes, *, distinct_ids: bool) -> Callable[[], list[str]]:
    """Name the items when asked: a million names take more room than the labels."""
    column, lines, unit = raw.keys.get("id" if distinct_ids else "item"), raw.lines[rows], table.unit

    def names() -> list[str]:
        if column is None:
            return [f"{unit} {line}" for line in lines.tolist()]
        words = list(column.words)
        return [words[code].strip() for code in column.codes()[rows].tolist()]

    return names


def _check_ids(table: Table, raw: Raw, rows: slice | Codes) -> None:
    column = raw.keys["id"]
    codes, lines, names = column.codes()[rows], raw.lines[rows], list(column.words)
    for code, name in enumerate(names):
        if not name.strip() and (bad := np.flatnonzero(codes == code)).size:
            raise table.error("a row without an id", line=int(lines[bad[0]]))
    _refuse_repeats(
        table,
        codes,
        lines,
        names,
        "rows have the id",
        f"delete the repeats; if it names a question that several rows share, it is {argument('cluster')}",
    )


def _clusters(raw: Raw, rows: slice | Codes, item: Codes, notes: list[str]) -> Codes:
    if "cluster" not in raw.keys:
        return item
    column = raw.keys["cluster"]
    codes = column.codes()[rows].astype(np.int64)
    names = list(column.words)
    blank = [code for code, name in enumerate(names) if not name.strip()]
    if blank and (alone := np.flatnonzero(np.isin(codes, blank))).size:
        # A row without a question is a question of its own (as an item without a cluster is).
        codes[alone] = len(names) + np.arange(len(alone))
        notes.append(f"{len(alone):,} rows name no cluster; each counts as its own")
    # Codes from 0 without gaps, for the engine's bincounts.
    used = np.bincount(codes) > 0
    return codes if used.all() else (np.cumsum(used) - 1)[codes]


def _groups(raw: Raw, role: str, rows: slice | Codes, n: int) -> tuple[Codes, tuple[str, ...]]:
    if role not in raw.keys:
        return np.zeros(n, np.int64), ("",)
    column = raw.keys[role]
    merged: dict[str, int] = {}
    to = np.array([merged.setdefault(name.strip() or _UNNAMED, len(merged)) for name in column.words], np.int64)
    codes = to[column.codes()[rows]]
    used = np.bincount(codes, minlength=len(merged)) > 0
    names = tuple(name for name, kept in zip(merged, used, strict=True) if kept)
    return (np.cumsum(used) - 1)[codes], names


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
