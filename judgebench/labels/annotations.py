"""What a person said about items: labels of one's own, joined with items or with stored verdicts as their gold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from judgebench.domain.items import Label, case_key, digest
from judgebench.domain.shapes import COUNT, TEXT, Key, ListOf, OneOf, Scalar, json_schema, record
from judgebench.errors import DataError, argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.domain.items import GoldSource, Item
    from judgebench.domain.replies import Verdict
    from judgebench.domain.scale import Code, Scale

SCHEMA = "judgebench.labels/1"
_WITH = "+labels-"
#: Whether labels take the place of a task's gold, or stand beside it; settled: those on which annotators agreed.
Mode: TypeAlias = Literal["only", "add", "settled"]
#: The annotator of labels that people settled on together.
ADJUDICATED = "adjudicated"
#: A label in words, in the item's own order; None where the person could not say.
Words: TypeAlias = str | tuple[str, ...] | None

_ABOUT = (
    "One line of an annotator's file: what a person said about one item. The last line of an item and a showing counts."
)
_LABEL = (
    "A word of the scale in the item's own order, whatever order was shown: A is the item's first response; a number "
    "counts responses from 1. On rank the numbers, best first; on steps a word per step; on pick a list holds several "
    "that are equally right. null: skipped, the annotator can't say."
)
_SHOWING = "2: shown a second time, the other way round; measures position consistency and is not gold."
_COMMENT = "What the person wrote beside the label; not read when it is measured."
_SETTLES = (
    "On a label that annotators settled on: the labels on which they differed, which stay in their own files. The "
    f"annotator of such a line is called {ADJUDICATED}, and it is nobody's own label."
)
_WORDS = OneOf(
    (TEXT, ListOf(TEXT, 1), Scalar({"type": "null"})),
    lambda words: 2 if words is None else int(isinstance(words, tuple)),
)
_LINE = replace(
    record(
        "",
        _ABOUT,
        task=(TEXT, None, "Name of the task, with its split where it has several."),
        revision=(TEXT, None, "What pinned the data that was labelled."),
        item=(TEXT, None, "Id of the item."),
        content=(TEXT, None, "Digest of the item as it was shown: a changed text makes the label void."),
        annotator=(Scalar({"type": "string", "minLength": 1}), None, "Who labelled."),
        scale=(TEXT, None, "The scale, as --scale writes it."),
        label=(_WORDS, None, _LABEL),
        shown=(ListOf(COUNT), None, "Which response stood in which place: [1, 0] is a pair the other way round."),
        showing=Key(Scalar({"enum": [1, 2]}), None, _SHOWING, required=False),
        seed=Key(Scalar({"type": "integer"}), None, "Of the order of the items and of the responses.", required=False),
        seconds=Key(Scalar({"type": "number", "minimum": 0}), None, "How long the item was in sight.", required=False),
        at=Key(TEXT, None, "When it was saved (UTC, ISO 8601).", required=False),
        comment=Key(TEXT, lambda line: line.comment or None, _COMMENT, required=False),
        rubric=Key(TEXT, lambda line: line.rubric or None, "Digest of the rubric that was shown.", required=False),
        by=Key(TEXT, lambda line: line.by or None, "Who settled, where the label was settled on.", required=False),
        settles=Key(
            ListOf(record(annotator=TEXT, label=(_WORDS, None, _LABEL)), 1),
            lambda line: line.settles or None,
            _SETTLES,
            required=False,
        ),
    ),
    # Other programs write lines, too, and may keep more in them.
    says={"additionalProperties": True},
)


class Own(NamedTuple):
    """What one annotator had said of an item that was settled."""

    annotator: str
    label: Words


@dataclass(frozen=True, slots=True)
class Labelled:
    """One line of an annotator's file.

    ``content`` digests the item as it was shown, ``shown[slot]`` is the index of the response in that slot, and
    ``showing`` is 2 where the item was shown a second time, the other way round. ``label`` has words of the scale
    (`Scale.spec`) in the item's own order, whatever order was shown; None where it was skipped. ``seed`` is that of the
    order of items and responses, ``seconds`` how long the person looked at it, ``at`` when it was saved. ``rubric``
    digests the one that was shown. A line that ``settles`` what annotators said is their common label, written ``by``
    one of them.
    """

    task: str
    revision: str
    item: str
    content: str
    annotator: str
    scale: str
    label: Words
    shown: tuple[int, ...]
    showing: int = 1
    seed: int = 0
    seconds: float = 0.0
    at: str = ""
    comment: str = ""
    rubric: str = ""
    by: str = ""
    settles: tuple[Own, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, one line of the file."""
        return {"schema": SCHEMA, **_LINE.plain(self)}

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Describe a line (JSON Schema, draft 2020-12)."""
        return json_schema(SCHEMA, _LINE)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Labelled:
        """Read what ``to_json`` wrote; KeyError, TypeError or ValueError where the line is not one."""
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']!r}, expected {SCHEMA!r}")
        for name in ("task", "revision", "item", "content", "annotator", "scale"):
            if type(data[name]) is not str:
                raise TypeError(f"{name} is {data[name]!r}, expected text")
        if not data["annotator"].strip():
            raise ValueError("annotator is empty")
        shown = data["shown"]
        numbers = [*shown, showing := data.get("showing", 1), seed := data.get("seed", 0)]
        if not all(type(one) is int for one in numbers) or showing not in {1, 2}:
            raise TypeError("shown, showing or seed holds something else than whole numbers")
        seconds, at = data.get("seconds", 0.0), data.get("at", "")
        if type(seconds) not in {int, float} or type(at) is not str:
            raise TypeError("seconds is not a number, or at is not text")
        more = {name: data.get(name, "") for name in ("comment", "rubric", "by")}
        if wrong := [name for name, text in more.items() if type(text) is not str]:
            raise TypeError(f"{wrong[0]} is not text")
        return cls(
            task=data["task"],
            revision=data["revision"],
            item=data["item"],
            content=data["content"],
            annotator=data["annotator"],
            scale=data["scale"],
            label=_words(data["label"]),
            shown=tuple(shown),
            showing=showing,
            seed=seed,
            seconds=float(seconds),
            at=at,
            **more,
            settles=tuple(Own(str(one["annotator"]), _words(one["label"])) for one in data.get("settles", ())),
        )


def _words(label: Any) -> Words:
    """Read a label; TypeError where it is something else than words of a scale."""
    words = label if isinstance(label, list) else [] if label is None else [label]
    if not all(type(word) is str for word in words):
        raise TypeError(f"label is {label!r}, expected a word of the scale, several, or null")
    return tuple(words) if isinstance(label, list) else label


def own_revision(revision: str) -> str:
    """Take the labels off a revision, so that the data is named.

    >>> own_revision("sample+labels-0123456789"), own_revision("sample")
    ('sample', 'sample')
    """
    return revision.partition(_WITH)[0]


def words_of(code: Code, scale: Scale) -> str | tuple[str, ...]:
    """Write a code in words of the scale.

    >>> from judgebench.domain import Scale
    >>> words_of(2, Scale.pair()), words_of((1, 0), Scale.rank(2)), words_of((1, 0), Scale.steps())
    ('B', ('2', '1'), ('correct', 'incorrect'))
    """
    if isinstance(code, tuple):
        return tuple(words_of(one, scale) for one in code)  # type: ignore[misc]  # one code is one word
    # A task may have items of more responses than its scale says (RewardBench 2's Ties).
    return str(code + 1) if scale.kind in {"pick", "rank"} else scale.word(code)


def code_of(words: Words, scale: Scale, responses: int) -> Code | None:
    """Read words of the scale, the reverse of `words_of`; ValueError where they don't fit that many responses."""
    if words is None:
        return None
    if isinstance(words, str):
        code = _one(words, scale, responses)
        if code is None or scale.sequential:
            raise ValueError(f"label {words!r} is not on the scale {scale.spec}")
        return code
    codes = [_one(word, scale, responses) for word in words]
    found = tuple(code for code in codes if code is not None)
    whole = sorted(found) == list(range(responses)) if scale.kind == "rank" else scale.kind in {"steps", "pick"}
    if not found or len(found) < len(codes) or not whole:
        raise ValueError(f"label {list(words)!r} is not on the scale {scale.spec}")
    return found


def _one(word: str, scale: Scale, responses: int) -> int | None:
    if scale.kind not in {"pick", "rank"}:
        return scale.code(word)
    return int(word) - 1 if word.isascii() and word.isdigit() and 0 < int(word) <= responses else None


class Placed(NamedTuple):
    """A line, and where it is."""

    said: Labelled
    file: str
    number: int

    def fail(self, message: str, hint: str = "") -> DataError:
        """Name the line in an error."""
        return DataError(message, file=self.file, line=self.number, hint=hint)


@dataclass(frozen=True, slots=True)
class Labels:
    """What annotators said about the items of one task, by annotator and item.

    ``lines`` holds the line that counts: the last one about the first showing. ``again`` holds second showings, which
    tell how far people agree with themselves and are not gold. ``settled`` are those that annotators agreed on after
    they had differed, by item: nobody's own, and gold only `on_common_ground`. ``mode`` says whether the labels replace
    the task's gold. Labels of a table have no task, no content and no scale; with ``numbered`` its 1 and 2 are two
    responses.
    """

    task: str
    lines: Mapping[str, Mapping[str, Placed]]
    again: Mapping[str, Mapping[str, Placed]] = field(default_factory=dict)
    settled: Mapping[str, Placed] = field(default_factory=dict)
    mode: Mode = "only"
    numbered: bool = False
    #: What was done to a table's cells.
    notes: tuple[str, ...] = ()

    def on_common_ground(self) -> Labels:
        """Take of each item the label that was settled on, else the one that all who labelled it gave.

        An item on which people differ, and have not settled, has none. It is one column of gold: how far people agree
        by themselves is in their own labels.
        """
        said: dict[str, list[Placed]] = {}
        for mine in self.lines.values():
            for item, line in mine.items():
                said.setdefault(item, []).extend([line] if line.said.label is not None else [])
        same = {item: lines[0] for item, lines in said.items() if lines and not differ(line.said for line in lines)}
        open_ = sum(bool(lines) and item not in same and item not in self.settled for item, lines in said.items())
        where = f" of {self.task}" if self.task else ""
        note = f"left out {open_:,} items{where} on which annotators differ and have not settled"
        common = {
            item: line._replace(said=replace(line.said, annotator=ADJUDICATED))
            for item, line in (same | dict(self.settled)).items()
        }
        notes = (*self.notes, *([note] if open_ else []))
        return replace(self, lines={ADJUDICATED: common}, again={}, settled={}, mode="only", notes=notes)

    @property
    def digest(self) -> str:
        """What tells these labels from others."""
        said = {name: {item: line.said.label for item, line in mine.items()} for name, mine in self.lines.items()}
        return digest([said, self.mode], 10)

    @property
    def items(self) -> dict[str, Placed]:
        """A line about every item that somebody gave a label, skipped ones left out."""
        every = (line for mine in self.lines.values() for line in mine.values())
        return {line.said.item: line for line in every if line.said.label is not None}

    def revision(self, own: str) -> str:
        """Name the data with these labels: figures on other gold must not pass for the same."""
        return f"{own}{_WITH}{self.digest}"

    def source(self, own: GoldSource | str) -> str:
        """Who gave the gold: what people don't vouch for alone is never called theirs."""
        return "human" if self.mode == "only" else own

    def item(self, item: Item, scale: Scale) -> Item | None:
        """Give an item its labels as gold; None where it has none and only these count.

        DataError where a label is not on the scale, or the item is not what was labelled.
        """
        mine = self._of(item.id)
        for line in mine:
            if line.said.content not in {"", item.content_digest}:
                raise line.fail(*_changed(item.id))
        gold = self._gold(mine, scale, len(item.responses), [label.annotator for label in item.gold])
        if self.mode == "add":
            return replace(item, gold=(*item.gold, *gold)) if gold else item
        return replace(item, gold=gold, gold_source="human") if any(one.code is not None for one in gold) else None

    def verdict(self, verdict: Verdict, scale: Scale) -> Verdict | None:
        """Give a stored verdict the labels of its item as gold; None where it has none and only these count.

        Its key tells whether the judge saw what the person saw, without the data set; DataError where it did not.
        """
        mine = self._of(verdict.item)
        shown = (verdict.order, verdict.repeat, verdict.probe, verdict.reference)
        # What a probe changed about an item is not what a person saw.
        for line in [] if verdict.probe else mine:
            if line.said.content and case_key(verdict.item, line.said.content, *shown) != verdict.key:
                raise line.fail(*_changed(verdict.item))
        gold = self._gold(mine, scale, len(verdict.order), [name for name, _ in verdict.gold])
        pairs = tuple((label.annotator, label.code) for label in gold)
        if self.mode == "add":
            revision = self.revision(verdict.revision)
            return replace(verdict, gold=(*verdict.gold, *pairs), revision=revision)
        if all(code is None for _, code in pairs):
            return None
        return replace(verdict, gold=pairs, gold_source="human", revision=self.revision(verdict.revision))

    def _of(self, item: str) -> list[Placed]:
        return [mine[item] for mine in self.lines.values() if item in mine]

    def _gold(self, mine: Iterable[Placed], scale: Scale, responses: int, present: list[str]) -> tuple[Label, ...]:
        gold: list[Label] = []
        for line in mine:
            said = line.said
            if said.scale not in {"", scale.spec}:
                raise line.fail(f"a label on the scale {said.scale}, and {self.task} has {scale.spec}")
            if self.mode == "add" and said.annotator in present:
                raise line.fail(
                    f"{self.task} has an annotator {said.annotator!r} already",
                    f"rename the annotator in the file, or take only these labels ({argument('labels_mode')} only)",
                )
            try:
                own = code_of(said.label, scale, responses) if said.scale else self._of_table(str(said.label), scale)
            except ValueError as error:
                raise line.fail(str(error)) from None
            gold.append(Label(said.annotator, own))
        return tuple(gold)

    def _of_table(self, word: str, scale: Scale) -> int | None:
        """Read a cell as `score` reads those of a table; ValueError where it is no word of the scale."""
        from judgebench.labels import words  # noqa: PLC0415 - labels that were made here need no vocabulary

        if scale.sequential:
            raise ValueError(f"labels on the scale {scale.spec} come from `judgebench view`, not from a table")
        code = words.code_of(word, scale, numbers=self.numbered and scale.kind == "pair")
        if code == words.UNKNOWN:
            raise self._foreign(scale)
        return None if code == words.GAP else code

    def _foreign(self, scale: Scale) -> DataError:
        """Name all words of a table that are not on the scale, the first one's line, and what reads them."""
        from judgebench.labels import cells, rules, words  # noqa: PLC0415 - labels that were made here need no vocabulary

        held: dict[str, list[int]] = {}
        numbers = self.numbered and scale.kind == "pair"
        lines = sorted((line for mine in self.lines.values() for line in mine.values()), key=lambda line: line.number)
        for line in lines:
            if words.code_of(word := str(line.said.label), scale, numbers=numbers) == words.UNKNOWN:
                held.setdefault(word, []).append(line.number)
        first = next(line for line in lines if str(line.said.label) in held)
        read = rules.would_read({"": {word: word for word in held}}, scale, (), cells.Cells())
        return first.fail(
            f"{words.odd_words(held, f'is not on the scale {scale.spec}', 'line')} (its words are "
            f"{words.vocabulary(scale)})",
            f"say {words.settle()}{'; ' * bool(read)}{read}",
        )


def differ(lines: Iterable[Labelled]) -> bool:
    """Whether people gave an item different labels."""
    return len({line.label for line in lines if line.label is not None}) > 1


def _changed(item: str) -> tuple[str, str]:
    return (
        f"item {item!r} has changed since it was labelled",
        "label it again, or take the data that was labelled (its revision is in the line)",
    )
