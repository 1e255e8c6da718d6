"""What a file holds: what its columns' names suggest, their words, gaps and repeats, and whose file it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError
from judgebench.labels.vocabulary import MISSING, fold
from judgebench.labels.words import infer, is_decimal, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.files.table import Table


_LONG_CELL = 64
_MOST_COUNTED = 20_000
#: Annotators' columns may be hundreds; with thousands a file is no table of labels.
MOST_COLUMNS = 2000
_MOST_LABELS = 120
_MOST_FREE_LABELS = 12


@dataclass(frozen=True, slots=True)
class Profile:
    """One column; ``words`` are its values and counts, the most frequent first, empty where there are too many.

    ``distinct`` leaves missing values out; ``length`` is the mean number of characters. ``kind`` is what the values
    could say as labels: ``check``, ``pair``, ``rate``, ``numbers`` (few, of several meanings), ``labels`` (few short
    words), ``decimals``, or empty.
    """

    name: str
    rows: int
    missing: int
    distinct: int
    words: tuple[tuple[str, int], ...]
    length: float
    kind: str

    @property
    def filled(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    @property
    def repeats(self) -> bool:
        """Whether some value occurs in several rows."""
        return self.distinct < self.filled


def profile(table: Table) -> tuple[list[Profile], dict[str, str]]:
    """Look at the columns in one pass, at no more than 2,000; the first row comes along."""
    named = Counter(table.columns)
    names = [name for name, times in named.items() if name and times == 1][:MOST_COLUMNS]
    counts = [_Counts() for _ in names]
    first: dict[str, str] = {}
    rows = 0
    for block in table.blocks(names, nested=True):
        if not rows:
            first = {name: column[0] for name, column in zip(names, block.columns, strict=True)}
        rows += len(block.lines)
        for count, column in zip(counts, block.columns, strict=True):
            count.add(column)
    return [count.profile(name, rows) for name, count in zip(names, counts, strict=True)], first


def kind_of(words: Iterable[str]) -> str:
    """Tell what some distinct words could say as labels.

    >>> kind_of(["True", "False", ""]), kind_of(["1", "2"]), kind_of(["low", "high"]), kind_of(["0.5", "0.25"])
    ('check', 'numbers', 'labels', 'decimals')
    """
    present = [word for word in words if fold(word) not in MISSING]
    if not present or len(present) > _MOST_LABELS:
        return "decimals" if present and all(map(_number, present)) and any(map(is_decimal, present)) else ""
    try:
        return infer({"": present}).family
    except UsageError:
        # right fits two scales and is a label all the same; numbers that span thousands are none.
        if all(map(_number, present)):
            return "numbers" if all(len(fold(word)) < 3 for word in present) else ""
        return "check"
    except DataError:
        if all(map(_number, present)):
            return "decimals"
    free = len(present) <= _MOST_FREE_LABELS and max(map(len, present)) <= 24
    return "labels" if free and len(present) > 1 else ""


class _Counts:
    """Counts of a column's values; only digests of long ones, and none where there are very many."""

    def __init__(self) -> None:
        self.counter: Counter[str] = Counter()
        self.many: set[int] | None = None
        self.missing = 0
        self.length = 0

    def add(self, column: Sequence[str]) -> None:
        self.length += sum(map(len, column))
        if self.many is not None:
            # Gaps stay countable: few spellings, looked up by their hashes.
            self.missing += sum(hash(cell) in _GAPS or fold(cell) in MISSING for cell in column if len(cell) < 8)
            self.many.update(map(hash, column))
            return
        short = [c if len(c) <= _LONG_CELL else f"{c[:_LONG_CELL]}\0{hash(c)}" for c in column]
        self.counter.update(short)
        if len(self.counter) > _MOST_COUNTED:
            self.missing = sum(n for word, n in self.counter.items() if fold(word) in MISSING)
            self.many = {int(w.rpartition("\0")[2]) if "\0" in w else hash(w) for w in self.counter}
            self.counter.clear()

    def profile(self, name: str, rows: int) -> Profile:
        if self.many is not None:
            return Profile(name, rows, self.missing, len(self.many - _GAPS), (), self.length / max(1, rows), "")
        missing = sum(n for word, n in self.counter.items() if fold(word) in MISSING)
        words = [(word.partition("\0")[0], n) for word, n in self.counter.most_common() if fold(word) not in MISSING]
        kind = kind_of(self.counter) if not any("\0" in word for word in self.counter) else ""
        length = self.length / max(1, rows - missing)
        return Profile(name, rows, missing, len(words), tuple(words[:_MOST_LABELS]), length, kind)


_GAPS = {hash(word) for word in MISSING}


def _number(word: str) -> bool:
    text = fold(word)
    return whole_number(text) is not None or is_decimal(text)


@dataclass(frozen=True, slots=True)
class Known:
    """How to tell a file, and the commands that measure it.

    The file has ``fields`` and none of ``without``; of several that fit, the one with most fields is taken. In
    ``commands`` ``{file}`` and ``{folder}`` stand for the file and its folder (quoted), ``{replays}`` for one ``--judge
    replay:FILE#COLUMN`` per judge's column (``public`` ones are not), ``{split}`` for what ``splits``, by the start of
    the first row's ``split_field``, finds.
    """

    title: str
    fields: frozenset[str]
    commands: tuple[str, ...]
    without: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()
    splits: tuple[tuple[str, str], ...] = ()
    split_field: str = ""
    note: str = ""

    def split(self, first: Mapping[str, str]) -> str:
        """Tell the split from the first row; empty where it does not show."""
        value = first.get(self.split_field, "").casefold()
        return next((split for start, split in self.splits if value.startswith(start)), "")


def _fields(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PAIR_ITEMS = _fields("pair_id question response_model response_A response_B label")
_PAIR_SPLITS = (("gpt", "gpt"), ("claude", "claude"))
_TRIVIA = _fields("model response question references benchmark")
_BASELINES = "--judge baseline/first --judge baseline/longest"

KNOWN: tuple[Known, ...] = (
    Known(
        "a run's verdicts, as judgebench keeps them",
        _fields("key item order status code gold gold_source"),
        ("judgebench score {folder}",),
    ),
    Known(
        "TriviaQA with a column per judge (Judging the Judges, V1)",
        _TRIVIA | {"HumanJudgement"},
        ("judgebench run --task triviaqa:v1 --data {file} {replays}",),
        public=_TRIVIA | {"HumanJudgement"},
        note="its response column holds the exam taker's prompt, not the answer: judges can be replayed, not asked",
    ),
    Known(
        "TriviaQA with a column per judge (Judging the Judges, V2)",
        _TRIVIA | {"Human-Eval"},
        ("judgebench run --task triviaqa:v2 --data {file} {replays}",),
        public=_TRIVIA | {"Human-Eval", "Human-Eval_Confidence"},
        note="its response column holds the exam taker's prompt, not the answer: judges can be replayed, not asked",
    ),
    Known(
        "answers to trivia questions with one's own labels",
        _fields("question references answer model label"),
        ("judgebench run --task triviaqa --data {file} --judge contains --judge exact-match",),
    ),
    Known(
        "the PandaLM test set",
        _fields("idx instruction response1 response2 annotator1 annotator2 annotator3"),
        (f"judgebench run --task pandalm --data {{file}} {_BASELINES}",),
    ),
    Known(
        "verdicts of gpt-3.5-turbo on the PandaLM test set",
        _fields("idx gpt_result"),
        ("judgebench run --task pandalm --data {folder} --judge replay:{file}",),
        note="the test set itself (testset-v1.json) is looked for in the same folder",
    ),
    Known(
        "verdicts of PandaLM-7B on the PandaLM test set",
        _fields("idx pandalm_result"),
        ("judgebench run --task pandalm --data {folder} --judge replay:{file}",),
        note="the test set itself (testset-v1.json) is looked for in the same folder",
    ),
    Known(
        "JudgeBench pairs",
        _PAIR_ITEMS,
        (f"judgebench run --task judgebench{{split}} --data {{file}} {_BASELINES}",),
        without=frozenset({"judgments"}),
        splits=_PAIR_SPLITS,
        split_field="response_model",
    ),
    Known(
        "a judge's output on JudgeBench, two games per pair",
        _PAIR_ITEMS | {"judgments"},
        ("judgebench run --task judgebench{split} --judge replay:{file}",),
        splits=_PAIR_SPLITS,
        split_field="response_model",
        note="the pairs are looked for under JUDGEBENCH_DATA, or name them with --data",
    ),
    Known(
        "RewardBench",
        _fields("prompt chosen chosen_model rejected rejected_model subset"),
        (f"judgebench run --task rewardbench --data {{file}} {_BASELINES}",),
        without=frozenset({"num_correct"}),
        note="chosen stands first in every row; we show the two in an order that the content decides",
    ),
    Known(
        "RewardBench 2",
        _fields("prompt chosen rejected num_correct total_completions subset"),
        (f"judgebench run --task rewardbench-2 --data {{file}} {_BASELINES}",),
    ),
    Known(
        "the questions of BFF-Bench",
        _fields("uid question_id turns references"),
        ("judgebench run --task bff-bench --data {folder} --judge baseline/majority",),
        note="the experts' labels (VERDICTS) are looked for in the same folder",
    ),
    Known(
        "VERDICTS, the experts' labels of BFF-Bench",
        _fields("qid cid turn model conv label"),
        ("judgebench run --task bff-bench --data {folder} --judge baseline/majority",),
        note="the questions and references (BFFBench) are looked for in the same folder",
    ),
)


def recognise(columns: Iterable[str], known: Sequence[Known] = KNOWN) -> Known | None:
    """Find the file whose fields these are; None where none is known.

    >>> recognise(["idx", "gpt_result", "gpt_reason"]).title
    'verdicts of gpt-3.5-turbo on the PandaLM test set'
    """
    names = frozenset(columns)
    fits = [one for one in known if one.fields <= names and not one.without & names]
    return max(fits, key=lambda one: len(one.fields), default=None)
