"""The baseline of a gate: a small file (``judgebench.baseline/1``) that people review line by line.

It holds what a judge said of each item in the words of the scale, and what must agree before another run may be held
against it; no text of an item, no label of gold. The checksum finds edits and bad merges.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from judgebench.domain import Policies, Status, Usage
from judgebench.domain.items import digest
from judgebench.domain.shapes import (
    COUNT,
    NUMBER,
    POLICIES,
    TEXT,
    Key,
    ListOf,
    MapOf,
    OneOf,
    Scalar,
    choice,
    json_schema,
    maybe,
)
from judgebench.domain.shapes import record as shape
from judgebench.errors import DataError, IncompleteError, UsageError, VersionError, argument
from judgebench.files.lines import replace_file
from judgebench.files.seals import read_bytes
from judgebench.report.document.text import many
from judgebench.report.gate.cases import CASE, case_key, case_name, word_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from judgebench.domain import Run, Verdict
    from judgebench.report.gate.cases import Word

__all__ = ["SCHEMA", "Baseline", "changes", "read", "record", "write"]

SCHEMA = "judgebench.baseline/1"
_FAMILY = "judgebench.baseline/"
#: A million items take a tenth of it.
_LARGEST = 1 << 30
#: What it holds of items, one a line.
_BODIES = ("verdicts", "numbers", "usage")
#: Statuses of a case without a verdict.
_SILENT = [status.value for status in Status if status is not Status.OK]
_TEXTS = ("task", "revision", "content", "judge", "judge_digest", "scale", "gold_source", "orders", "reference")

_NUMBERS = Scalar({"type": "array", "items": {"type": "number"}})
_USED = Scalar(
    {
        "type": "array",
        "minItems": 4,
        "maxItems": 4,
        "prefixItems": [
            {"type": "integer", "minimum": 0},
            {"type": "integer", "minimum": 0},
            {"type": ["number", "null"]},
            {"type": "number"},
        ],
        "items": False,
    }
)
_DIGEST = Scalar({"type": "string", "pattern": "^[0-9a-f]{32}$"})
_NAMES = f"^{CASE.pattern}$"
_SHAPE = shape(
    "",
    "What a judge said of each item of a task, in the words of the scale, for a gate to hold later runs against. A "
    "case is the order of the responses, with #2 for its second repeat; a case without a verdict has its status in a "
    "list.",
    task=TEXT,
    revision=TEXT,
    content=TEXT,
    judge=TEXT,
    judge_digest=TEXT,
    scale=TEXT,
    policies=POLICIES,
    gold_source=TEXT,
    gold_digest=_DIGEST,
    orders=TEXT,
    repeats=Scalar({"type": "integer", "minimum": 1}),
    reference=TEXT,
    conditions=Key(MapOf(TEXT), None, "All that was chosen beside judge and task.", required=False),
    models=Key(
        MapOf(COUNT), lambda one: one.models or None, "Answers by the model version that was reported.", required=False
    ),
    figures=MapOf(OneOf((NUMBER, ListOf(maybe(NUMBER), 3, 3)), lambda one: isinstance(one, list))),
    items=(COUNT, lambda one: len(one.verdicts)),
    item_digest=(_DIGEST, lambda one: item_digest(one.verdicts)),
    verdicts=MapOf(MapOf(OneOf((TEXT, ListOf(choice(*_SILENT), 1, 1)), lambda word: isinstance(word, list)), _NAMES)),
    numbers=Key(
        MapOf(
            MapOf(
                shape(scores=Key(_NUMBERS, required=False), probabilities=Key(_NUMBERS, required=False)),
                _NAMES,
            )
        ),
        lambda one: one.numbers or None,
        required=False,
    ),
    usage=Key(MapOf(_USED), lambda one: one.usage or None, required=False),
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a run said, and what it was about.

    ``content`` is the digest of the items as a judge saw them, ``judge_digest`` that of all settings that can change an
    answer. A case is the order of the responses, ``0,1``, with ``#2`` for its second repeat. ``usage`` is what the
    cases of an item took together: input tokens, output tokens, dollars (null where unknown) and seconds. ``labels`` is
    the gold by item: only of a run, never in a file. ``models`` counts the answers of each reported model version.
    """

    task: str
    revision: str
    content: str
    judge: str
    judge_digest: str
    scale: str
    policies: dict[str, str]
    gold_source: str
    gold_digest: str
    orders: str
    repeats: int
    reference: str
    figures: dict[str, Any] = field(default_factory=dict)
    verdicts: dict[str, dict[str, Word]] = field(default_factory=dict)
    numbers: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    usage: dict[str, list[Any]] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Build the document, checksum included."""
        document = {"schema": SCHEMA, **_SHAPE.plain(self)}
        return {**document, "checksum": digest(document, 32)}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the file (JSON Schema, draft 2020-12)."""
        return json_schema(SCHEMA, _SHAPE.with_keys(checksum=_DIGEST))


def item_digest(verdicts: Mapping[str, Mapping[str, Word]]) -> str:
    """Digest of which items there are and how each was shown."""
    return digest(sorted((item, sorted(cases)) for item, cases in verdicts.items()), 32)


def record(
    run: Run, verdicts: Iterable[Verdict], policies: Policies, figures: Mapping[str, Any] | None = None
) -> Baseline:
    """Take what a run says, but for a probe's verdicts; ``figures`` are what people see at the top of the file.

    IncompleteError where the run holds fewer verdicts than its manifest counts.
    """
    from judgebench.agreement.ratings import unfinished  # noqa: PLC0415 - loads numpy, and a file needs none

    said: dict[str, dict[str, Word]] = {}
    numbers: dict[str, dict[str, dict[str, list[float]]]] = {}
    spent: dict[str, tuple[Usage, float]] = {}
    labels: dict[str, Any] = {}
    cases, seen = 0, set[str]()
    for verdict in verdicts:
        cases += 1
        seen.add(verdict.item)
        if verdict.probe:
            continue
        name = case_name(verdict.order, verdict.repeat)
        said.setdefault(verdict.item, {})[name] = word_of(verdict.code, verdict.status, run.scale, verdict.item)
        given = {"scores": list(verdict.scores), "probabilities": list(verdict.probabilities)}
        if given := {kind: values for kind, values in given.items() if values}:
            numbers.setdefault(verdict.item, {})[name] = given
        usage, seconds = spent.get(verdict.item, (Usage(), 0.0))
        spent[verdict.item] = usage + verdict.usage, seconds + verdict.seconds
        labels[verdict.item] = sorted((who, code) for who, code in verdict.gold if code is not None)
    if unfinished(run.counts, cases, len(seen)):
        raise IncompleteError(
            f"the run of {run.judge!r} isn't finished: it holds {many(cases, 'verdict')}, fewer than its manifest "
            "counts; the same `judgebench run` command resumes it"
        )
    return Baseline(
        task=run.task,
        revision=run.revision,
        content=run.content,
        judge=run.judge,
        judge_digest=run.judging,
        scale=run.scale.spec,
        policies=policies.to_json(),
        gold_source=run.gold_source,
        gold_digest=digest(sorted(labels.items()), 32),
        orders=run.orders,
        repeats=run.repeats,
        reference=run.reference,
        figures=dict(figures or {}),
        verdicts={item: dict(sorted(said[item].items(), key=lambda one: case_key(one[0]))) for item in sorted(said)},
        numbers={item: numbers[item] for item in sorted(numbers)},
        usage={item: used for item in sorted(spent) if any(used := _used(*spent[item]))},
        labels=labels,
        conditions=run.conditions.named(),
        models=dict(sorted(run.models.items())),
    )


def _used(usage: Usage, seconds: float) -> list[Any]:
    return [usage.input_tokens, usage.output_tokens, usage.usd, round(seconds, 3)]


def render(baseline: Baseline) -> str:
    """Write the document with one item a line; ASCII, so that no invisible character hides in a review."""
    document = baseline.to_json()
    lines: list[str] = []
    for name, value in document.items():
        if name not in {"figures", "conditions", *_BODIES}:
            lines.append(f"  {_json(name)}: {_json(value)}")
            continue
        body = ",\n".join(f"    {_json(item)}: {_json(one)}" for item, one in value.items())
        lines.append(f"  {_json(name)}: {{\n{body}\n  }}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def write(baseline: Baseline, path: Path) -> None:
    """Write the file, whole or not at all; UsageError where it can't be written."""
    text = render(baseline)
    try:
        # A link stays one: what it points at is replaced.
        file = path.resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, [text.encode("ascii")])
    except OSError as error:
        raise UsageError(f"can't write the baseline {path}: {error.strerror}") from None


def read(path: Path) -> Baseline:
    """Read a baseline file, checked.

    UsageError where there is none; DataError where it is not a baseline, of another version, damaged or changed.
    """
    document = _document(path)
    again = f"make it again: judgebench gate RUN --against {path} --update"
    if document.get("schema") != SCHEMA:
        raise VersionError(
            f"schema {document.get('schema')!r:.100}, and this version of judgebench reads {SCHEMA!r}",
            file=str(path),
            hint="use the version that wrote it, or give another file",
        )
    checksum = document.pop("checksum", None)
    try:
        if checksum != digest(document, 32):
            raise DataError("its checksum does not fit: edited by hand, or badly merged", file=str(path), hint=again)
        found = _checked(document)
    except (ValueError, KeyError, TypeError, AttributeError, UsageError, RecursionError) as error:
        raise DataError(f"not a baseline ({type(error).__name__}: {error})", file=str(path), hint=again) from None
    return found


def is_baseline(path: Path) -> bool:
    """Whether a file is a baseline of any version; DataError where it is JSON that can't be read as one."""
    return str(_document(path).get("schema", "")).startswith(_FAMILY)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_bytes(path, _LARGEST), object_pairs_hook=_unique)
    except FileNotFoundError:
        raise UsageError(f"no baseline {path}; `judgebench gate RUN --against {path} --update` makes it") from None
    except (ValueError, RecursionError) as error:
        why = str(error) if type(error) is ValueError else "its JSON can't be read"
        raise DataError(
            f"not a baseline: {why}; is it the right file, or was it cut off or badly merged?",
            file=str(path),
            hint=f"take it from version control, or delete it and make it again with {argument('update')}",
        ) from None
    if not isinstance(document, dict):
        raise DataError("not a baseline: not an object", file=str(path))
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _checked(document: dict[str, Any]) -> Baseline:
    items, shown = document.pop("items"), document.pop("item_digest")
    document.pop("schema")
    for name in (*_TEXTS, "gold_digest"):
        _expect(isinstance(document[name], str), name)
    Policies.from_json(document["policies"])
    _expect(set(document["policies"]) == set(Policies().to_json()), "policies")
    _expect(type(document["repeats"]) is int and isinstance(document["figures"], dict), "repeats or figures")
    for cases in document["verdicts"].values():
        for name, word in cases.items():
            _expect(bool(CASE.fullmatch(name)), f"case {name!r}")
            _expect(isinstance(word, str) or (isinstance(word, list) and len(word) == 1), f"verdict {word!r}")
            _expect(isinstance(word, str) or word[0] in _SILENT, f"verdict {word!r}")
    for cases in document.get("numbers", {}).values():
        for given in cases.values():
            _expect(set(given) <= {"scores", "probabilities"}, f"numbers {sorted(given)}")
            _expect(all(_number(value) for values in given.values() for value in values), "numbers")
    for used in document.get("usage", {}).values():
        _expect(len(used) == 4 and all(_number(one) for one in used if one is not None), f"usage {used!r}")
        _expect(None not in {used[0], used[1], used[3]}, f"usage {used!r}")
        _expect(all(one >= 0 for one in used if one is not None), f"usage {used!r}")
    _expect(items == len(document["verdicts"]) and shown == item_digest(document["verdicts"]), "items")
    _expect(all(isinstance(one, str) for one in document.get("conditions", {}).values()), "conditions")
    _expect(all(type(one) is int for one in document.get("models", {}).values()), "models")
    return Baseline(**document)


def _expect(holds: bool, what: str) -> None:  # noqa: FBT001 - one question, one answer
    if not holds:
        raise ValueError(f"{what} is not what it should be")


def _number(value: object) -> bool:
    # An integer may be larger than any float, and does not become one for a comparison.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def changes(old: Baseline | None, new: Baseline) -> list[str]:
    """Say in short lines what a renewed baseline changes."""
    if old is None:
        return [f"{len(new.verdicts):,} items, new"]
    lines: list[str] = []
    for name in (*_TEXTS, "policies", "gold_digest", "repeats"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            lines.append(f"{name}: {before!r} before, {after!r} now")
    for name, after in new.conditions.items():
        before = old.conditions.get(name, after)
        if before != after and name not in {*_TEXTS, "repeats"}:
            lines.append(f"{name}: {before!r} before, {after!r} now")
    both = old.verdicts.keys() & new.verdicts.keys()
    changed = sum(old.verdicts[item] != new.verdicts[item] for item in both)
    added, gone = len(new.verdicts) - len(both), len(old.verdicts) - len(both)
    lines.append(f"{len(new.verdicts):,} items: verdicts of {changed:,} changed, {added:,} new, {gone:,} gone")
    return lines
