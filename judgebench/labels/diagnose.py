"""Say what a file is, and which command measures it."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.errors import DataError, UsageError
from judgebench.files.read import open_table
from judgebench.labels.doubts import SPOKEN, apart, rating_cells
from judgebench.labels.profile import KNOWN, MOST_COLUMNS, Known, Profile, profile, recognise
from judgebench.labels.roles import (
    LABEL,
    NO_LABEL,
    RATER,
    SUBSET,
    SYSTEM,
    cluster_rank,
    is_gold,
    is_id,
    is_judge,
    words_of,
)
from judgebench.labels.vocabulary import MISSING, fold
from judgebench.labels.words import infer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.files.table import Table

Form: TypeAlias = Literal["run", "runs", "folder", "benchmark", "wide", "annotators", "long", "unknown"]

_TABLES = re.compile(r"\.(?:csv|tsv|jsonl|ndjson|json|parquet|pq)(?:\.gz)?$", re.IGNORECASE)
_MOST_FILES = 40
_FEW = 12
_NO_LABELS = "no column of labels (few different words, such as pass/fail, A/B/tie or 1..5)"
_NO_ORDER = (
    "the words name no scale: the command takes them as labels without order; "
    "if they have one, say --scale LOWEST,…,HIGHEST (or rate:LO-HI, check, pair)"
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a file or folder is: ``title`` says it in a sentence, and ``commands`` measure it, ready for a shell.

    ``form`` is ``run``, ``runs``, ``folder``, ``benchmark``, ``wide`` (judges' and gold columns), ``annotators`` (gold
    columns alone), ``long`` or ``unknown``. ``roles`` says what each column is taken for: ``judge``, ``gold``,
    ``cluster``, ``system``, ``subset``, ``id``, ``item``, ``rater`` or ``label``; ``notes`` what was found and assumed.
    """

    path: str
    form: Form
    title: str
    format: str = ""
    delimiter: str = ""
    rows: int = 0
    columns: tuple[Profile, ...] = ()
    roles: dict[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    def named(self, role: str) -> list[str]:
        """Columns with a role, in the file's order."""
        return [column.name for column in self.columns if self.roles.get(column.name) == role]


def diagnose(path: Path | str, known: Sequence[Known] = KNOWN) -> Diagnosis:
    """Say what a file or folder is and which commands measure it; DataError where it can't be read as a table."""
    path = Path(path)
    if path.is_dir() or path.name == "manifest.json":
        return _folder(path if path.is_dir() else path.parent, known)
    table = open_table(path)
    columns, first = profile(table)
    rows = columns[0].rows if columns else 0
    diagnosis = Diagnosis(
        str(path), "unknown", "a table", table.format, table.delimiter, rows=rows, columns=tuple(columns)
    )
    doubled = [name for name, count in Counter(table.columns).items() if count > 1 and name]
    if doubled:
        diagnosis = _with(diagnosis, [f"doubled columns, which can't be named: {_some(doubled)}"])
    if len(columns) == MOST_COLUMNS < (every := len(set(table.columns))):
        diagnosis = _with(diagnosis, [f"only the first {MOST_COLUMNS:,} of {every:,} columns were looked at"])
    benchmark = recognise(table.columns, known)
    if benchmark is not None and not benchmark.public:
        return _benchmark(diagnosis, benchmark, first)
    diagnosis = _long(diagnosis, table) or _wide(diagnosis, table, benchmark)
    if benchmark is None:
        return diagnosis
    replays = " ".join(
        f"--judge {shlex.quote(f'replay:{diagnosis.path}#{judge}')}" for judge in diagnosis.named("judge")
    )
    return _benchmark(diagnosis, benchmark, first, replays)


def _with(diagnosis: Diagnosis, notes: Iterable[str]) -> Diagnosis:
    return replace(diagnosis, notes=(*diagnosis.notes, *notes))


def _benchmark(diagnosis: Diagnosis, benchmark: Known, first: dict[str, str], replays: str = "") -> Diagnosis:
    split = benchmark.split(first)
    commands = tuple(
        command.format(
            file=shlex.quote(diagnosis.path),
            folder=shlex.quote(str(Path(diagnosis.path).parent)),
            split=f":{split}" if split else "",
            replays=replays,
        )
        for command in benchmark.commands
    )
    return replace(
        diagnosis,
        form="benchmark",
        title=benchmark.title,
        notes=(*diagnosis.notes, benchmark.note) if benchmark.note else diagnosis.notes,
        commands=(*diagnosis.commands, *commands),
    )


def _folder(path: Path, known: Sequence[Known]) -> Diagnosis:
    name = shlex.quote(str(path))
    if (path / "manifest.json").is_file():
        return Diagnosis(str(path), "run", "a run", commands=(f"judgebench score {name}",))
    entries = sorted(path.iterdir())
    runs = [entry.name for entry in entries if (entry / "manifest.json").is_file()]
    if runs:
        title = f"a folder of {len(runs)} run{'s' * (len(runs) > 1)}"
        return Diagnosis(
            str(path), "runs", title, notes=tuple(runs[:_FEW]), commands=(f"judgebench leaderboard {name}",)
        )
    notes: list[str] = []
    commands: list[str] = []
    for entry in [entry for entry in entries if entry.is_file() and _TABLES.search(entry.name)][:_MOST_FILES]:
        try:
            found = recognise(open_table(entry).columns, known)
        except DataError as error:
            notes.append(str(error))
        else:
            notes.append(f"{entry.name}: {found.title if found else 'a table'}")
            commands.append(shlex.join(["judgebench", "doctor", str(entry)]))
    if not notes:
        raise DataError("no run and no label file in this folder", file=str(path))
    title = "a folder of label files; ask about one of them"
    return Diagnosis(str(path), "folder", title, notes=tuple(notes), commands=tuple(commands[:1]))


def _wide(diagnosis: Diagnosis, table: Table, benchmark: Known | None) -> Diagnosis:
    """Find judges' and gold columns; say what was assumed."""
    judges, golds, notes = _label_columns(diagnosis.columns, benchmark)
    roles = {c.name: "gold" for c in golds} | {c.name: "judge" for c in judges}
    diagnosis = replace(_with(diagnosis, notes), roles=roles | _keys(diagnosis.columns, roles))
    if len(golds + judges) < 2:
        one = _list(golds + judges)
        found = f"one column of labels, {one}, and nothing to compare it with" if one else _NO_LABELS
        return _with(diagnosis, [found])
    if judges:
        title = f"{_count(judges, 'judge')} against {_count(golds, 'gold column')}"
        diagnosis = replace(diagnosis, form="wide", title=title)
    else:
        diagnosis = replace(diagnosis, form="annotators", title=f"{len(golds)} annotators' columns and no judge")
        diagnosis = _with(diagnosis, [f"no judge's column: the command holds {golds[0].name} against the others"])
        judges, golds = golds[:1], golds[1:]
    flags = [*_flags("--judge-col", _names(judges)), *_flags("--gold-col", _names(golds))]
    scale, said = _scale(judges + golds)
    gaps = _spoken_on_both_sides(table, _names(judges), _names(golds))
    if gaps:
        said = [*said, f"{_some(gaps)}: an answer or a gap? The command takes it for a gap; say --word {gaps[0]}=LABEL"]
    diagnosis = _with(diagnosis, [*said, *_second_look(table, diagnosis, _names(golds)), *_prevalence(golds)])
    flags += _flags("--word", [f"{word}=" for word in gaps])
    return diagnosis if scale is None else replace(diagnosis, commands=(_command(diagnosis, [*flags, *scale]),))


def _label_columns(
    columns: Sequence[Profile], benchmark: Known | None
) -> tuple[list[Profile], list[Profile], list[str]]:
    """Tell judges' columns from gold ones, by kind of label first and then by name."""
    notes: list[str] = []
    free = [
        c for c in columns if not words_of(c.name) & NO_LABEL and not is_id(c.name) and cluster_rank(c.name) is None
    ]
    if decimals := [c for c in free if c.kind == "decimals"]:
        notes.append(f"scores with decimals, not measured yet: {_list(decimals)}")
    sure = [
        c
        for c in free
        if c.kind not in {"", "decimals"} and not (c.kind == "labels" and words_of(c.name) & (SYSTEM | SUBSET))
    ]
    anchors = [c for c in sure if is_gold(c.name)]
    anchors = anchors or [c for c in sure if words_of(c.name) & {"label", "labels"} and not is_judge(c.name)]
    group = _same_kind(sure, anchors)
    grouped, anchored = set(_names(group)), set(_names(anchors))
    if others := [c for c in sure if c.name not in grouped]:
        notes.append(f"labels of another kind, left aside: {_list(others)}")
    golds = [c for c in group if c.name in anchored]
    judges = [c for c in group if c.name not in anchored and not (benchmark and c.name in benchmark.public)]
    if golds and judges:
        notes.append(f"assumed from the names: gold is {_list(golds)}; judges are {_list(judges)}")
    elif len(judges) > 1:
        named = [c for c in judges if is_judge(c.name)]
        golds = [c for c in judges if not is_judge(c.name)] if named else []
        golds = golds or judges[-1:]
        gold = set(_names(golds))
        judges = [c for c in judges if c.name not in gold]
        notes.append(f"assumed: gold is {_list(golds)} (no name says so); swap --judge-col and --gold-col if not")
    return judges, golds, notes


def _long(diagnosis: Diagnosis, table: Table) -> Diagnosis | None:
    raters = [c for c in diagnosis.columns if words_of(c.name) & RATER and 2 <= c.distinct <= 100 and c.repeats]
    raters = [c for c in raters if c.words and c.kind in {"", "labels"}]
    labels = [c for c in diagnosis.columns if c.kind not in {"", "decimals"} and words_of(c.name) & LABEL]
    if len(raters) != 1 or len(labels) != 1:
        return None
    rater, label = raters[0], labels[0]
    taken = {rater.name, label.name}
    items = [c for c in diagnosis.columns if c.name not in taken and c.repeats and c.distinct >= 2]
    ranked = [c for c in items if is_id(c.name)]
    ranked += sorted((c for c in items if not is_id(c.name) and cluster_rank(c.name) is not None), key=_rank)
    if not ranked:
        return None
    counts = {c.name: _repeats(table, [c.name, rater.name]) for c in ranked}
    item = min(ranked, key=lambda c: counts[c.name])
    roles = {item.name: "item", rater.name: "rater", label.name: "label"}
    # What changes within an item can't divide the items.
    roles |= {
        name: role
        for name, role in _keys(diagnosis.columns, roles).items()
        if role != "id" and _repeats(table, [item.name]) == _repeats(table, [item.name, name])
    }
    diagnosis = replace(
        _with(
            diagnosis, [f"assumed from the names: a row per {item.name} and {rater.name}, its label in {label.name}"]
        ),
        form="long",
        title=f"labels in long form: {item.distinct:,} items, {rater.distinct} raters",
        roles=roles,
    )
    if counts[item.name]:
        said = f"{counts[item.name]:,} rows repeat an item and rater; give each item one id, then ask again"
        return _with(diagnosis, [said])
    names = [word.strip() for word, _ in rater.words]
    judges = [name for name in names if is_judge(name)]
    golds = [name for name in names if name not in judges]
    if not golds or not judges:
        judges, golds = names[:1], names[1:]
    scale, said_scale = _scale([label])
    assumed = f"assumed: {_some(judges)} judge{'s' * (len(judges) == 1)}; {_some(golds)} {_are(golds)} gold"
    diagnosis = _with(diagnosis, [assumed, *said_scale])
    flags = ["--long", f"{item.name},{rater.name},{label.name}"]
    flags += [*_flags("--judge-col", judges), *_flags("--gold-col", golds)]
    return diagnosis if scale is None else replace(diagnosis, commands=(_command(diagnosis, [*flags, *scale]),))


def _repeats(table: Table, names: list[str]) -> int:
    """Count rows whose values in these columns appeared in an earlier row."""
    seen: set[int] = set()
    rows = 0
    for block in table.blocks(names, nested=True):
        rows += len(block.lines)
        seen.update(map(hash, zip(*block.columns, strict=True)))
    return rows - len(seen)


def _keys(columns: Sequence[Profile], taken: dict[str, str]) -> dict[str, str]:
    free = [c for c in columns if c.name not in taken and c.distinct > 1]
    roles: dict[str, str] = {}
    few = [c for c in free if c.repeats and c.words and c.distinct <= max(2, c.rows // 2)]
    for role, words in (("system", SYSTEM), ("subset", SUBSET)):
        fitting = [c for c in few if words_of(c.name) & words and c.distinct <= 200 and c.name not in roles]
        if fitting:
            roles[fitting[0].name] = role
    repeated = [
        c
        for c in free
        if c.repeats and c.name not in roles and (cluster_rank(c.name) is not None or (is_id(c.name) and not c.missing))
    ]
    if repeated:
        roles[min(repeated, key=_rank).name] = "cluster"
    unique = [c for c in free if not c.repeats and not c.missing and is_id(c.name)]
    if unique:
        roles[unique[0].name] = "id"
    return roles


def _second_look(table: Table, diagnosis: Diagnosis, golds: list[str]) -> list[str]:
    """Count what takes two columns to see: rows without any gold, questions answered twice by one system."""
    keys = [name for role in ("cluster", "system") for name in diagnosis.named(role)]
    unlabelled = 0
    for block in table.blocks(golds):
        unlabelled += sum(all(fold(cell) in MISSING for cell in row) for row in zip(*block.columns, strict=True))
    notes: list[str] = []
    if unlabelled:
        notes.append(f"{unlabelled:,} of {diagnosis.rows:,} rows have no gold label; scoring leaves them out")
    if len(keys) == 2 and (doubled := _repeats(table, keys)):
        notes.append(f"{doubled:,} rows repeat the same {keys[0]} and {keys[1]}")
    return notes


def _spoken_on_both_sides(table: Table, judges: Sequence[str], golds: Sequence[str]) -> list[str]:
    """Find words that may be a gap or an answer, which a judge and gold both write: `score` asks about them."""
    written: list[dict[str, str]] = []
    for names in (judges, golds):
        cells = {cell.strip() for block in table.blocks(names) for column in block.columns for cell in set(column)}
        written.append({fold(cell): cell for cell in sorted(cells) if fold(cell) in SPOKEN})
    return [word for text, word in written[0].items() if text in written[1]]


def _scale(columns: Sequence[Profile]) -> tuple[list[str] | None, list[str]]:
    """Say the scale where the words alone do not: flags of the command (None if nothing can say it), and why."""
    try:
        inferred = infer({c.name: [word for word, _ in c.words] for c in columns})
    except (DataError, UsageError):
        words = sorted({fold(word): word.strip() for c in columns for word, _ in c.words}.values())
        if len(words) < 2:
            return None, [f"every label is {words[0]!r}, which does not tell the scale: say --scale"]
        if any("," in word for word in words):
            return None, ["the labels hold commas and name no scale: recode them, or give them meanings with --word"]
        return ["--scale", f"nominal:{','.join(words)}"], [_NO_ORDER]
    if inferred.undeclared_levels:
        counts = rating_cells({c.name: dict(c.words) for c in columns})
        if found := apart(counts, len(columns)):
            lone = ", ".join(map(str, found))
            said = f"{lone}: apart from the other ratings, so the command leaves it out; if it is one, say --scale"
            return _flags("--word", [f"{value}=" for value in found]), [said]
        spec = inferred.scale.spec
        return ["--scale", spec], [f"{spec} is the range seen; widen it if the form offered more levels"]
    return [], [f"scale {inferred.scale.spec}: the one that all labels fit"]


def _prevalence(golds: Sequence[Profile]) -> list[str]:
    notes: list[str] = []
    for column in golds:
        counts = Counter[str]()
        for word, count in column.words:
            counts[fold(word)] += count
        if len(counts) < 2:
            notes.append(f"{column.name} always says the same: coefficients that correct for chance are undefined")
        elif min(counts.values()) < 10:
            rare = min(counts, key=lambda word: counts[word])
            notes.append(
                f"{column.name} says {rare!r} {counts[rare]} time{'s' * (counts[rare] > 1)}: intervals will be wide"
            )
    return notes


def _same_kind(columns: list[Profile], anchors: list[Profile]) -> list[Profile]:
    """Take the columns that can be compared: of the anchors' kind, or of the most common one."""
    if not columns:
        return []
    kinds = Counter(c.kind for c in anchors or columns)
    kind = kinds.most_common(1)[0][0]
    group = [c for c in columns if c.kind == kind]
    if kind != "labels":
        # A judge who only ever says 1 speaks numbers, next to ratings from 1 to 5.
        kin = {"rate": {"numbers"}, "numbers": {"rate"}, "check": {"numbers"}}.get(kind, set())
        words = {fold(w) for c in group for w, _ in c.words}
        return [c for c in columns if c.kind == kind or (c.kind in kin and {fold(w) for w, _ in c.words} <= words)]
    shared = {fold(word) for c in (anchors or group[:1]) for word, _ in c.words}
    return [c for c in group if shared & {fold(word) for word, _ in c.words}]


def _command(diagnosis: Diagnosis, flags: Sequence[str]) -> str:
    parts = ["judgebench", "score", "--csv", diagnosis.path, *flags]
    for role in ("cluster", "system", "subset", "id"):
        for name in diagnosis.named(role):
            parts += [f"--{role}-col", name]
    return shlex.join(parts)


def _flags(flag: str, names: Sequence[str]) -> list[str]:
    return [part for name in names for part in (flag, name)]


def _rank(column: Profile) -> int:
    rank = cluster_rank(column.name)
    return 1000 if rank is None else rank


def _names(columns: Sequence[Profile]) -> list[str]:
    return [column.name for column in columns]


def _list(columns: Sequence[Profile]) -> str:
    return _some(_names(columns))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _count(columns: Sequence[Profile], what: str) -> str:
    return f"{len(columns)} {what}{'s' * (len(columns) > 1)}"
