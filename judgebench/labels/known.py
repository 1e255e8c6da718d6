"""Files of public benchmarks, told by their fields, and the commands that measure them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


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
