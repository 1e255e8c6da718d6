"""What the names of columns say, word by word: gold or judge, label, id, system, subset, order, repeat, criterion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.labels.vocabulary import word_list, word_set

if TYPE_CHECKING:
    from collections.abc import Sequence


GOLD = word_set(
    "human humans gold golden annotator annotators annotation expert experts crowd truth groundtruth target consensus "
    "majority rater raters reviewer labeler labeller coder worker expected annotations mos"
)
JUDGE = word_set(
    "judge judges judgelm autojudge llm gpt claude llama gemini gemma mistral mixtral qwen deepseek phi prometheus "
    "pandalm grader predicted prediction pred verdict model auto"
)
#: Of `JUDGE`: those that no person is called by.
_MODELS = word_set(
    "gpt claude llama gemini gemma mistral mixtral qwen deepseek phi prometheus pandalm judgelm autojudge"
)
_SURELY_GOLD = word_set("gold golden truth groundtruth target expected")
NO_LABEL = word_set(
    "confidence probability prob logprob latency seconds time tokens tok cost price usd length len count num n turn "
    "round seed temperature fold version year position order epoch step rank"
)
SYSTEM = word_set("model system sys examinee candidate generator engine taker author assistant")
SUBSET = word_set(
    "subset category subcategory domain section topic split dataset benchmark task source condition cond language "
    "lang scenario strategy"
)
ID = word_set("id idx uid uuid qid cid pid key index")
RATER = word_set("rater annotator worker labeler labeller reviewer coder user judge evaluator grader")
LABEL = word_set(
    "label labels verdict rating score vote judgment judgement annotation decision grade winner preference"
)
#: What people are asked about an answer: columns that differ in such a word are criteria, not annotators.
CRITERIA = word_set(
    "accuracy correctness factuality faithfulness groundedness fluency coherence consistency relevance helpfulness "
    "harmlessness completeness conciseness clarity grammar style tone safety toxicity quality overall depth detail "
    "creativity usefulness honesty politeness readability informativeness engagement naturalness truthfulness"
)

#: The better a name says "source question", the earlier it stands.
_CLUSTER = word_list(
    "question_id questionid qid prompt_id promptid item_id itemid question prompt instruction query problem "
    "conversation_id conversation item task_id source_id story document doc passage segment seg pair"
)
_GOLD_CODE = re.compile(r"(?:h|a|r|ann|rater|annotator|coder|expert|human)_?\d+|y_?true", re.IGNORECASE)
REPEAT = word_set("run runs repeat repetition trial seed iteration iter attempt call replicate rep try")
ORDER = word_set("order ordering position shown swap swapped flip flipped reversed reverse presentation inverted")
CRITERION_NAMES = word_set("criterion criteria aspect dimension metric")
COUNT_NAMES = word_set("n count counts freq frequency num number size cases occurrences observations support")
#: Columns that were made of other annotators' columns.
DERIVED = word_set("majority consensus mean avg average aggregate aggregated median adjudicated final overall")
#: Names of columns that say how good something is, beside those of `LABEL`.
_MARKS = word_set("severity penalty preferred choice pick relevance quality class")


def cut(name: str) -> list[str]:
    """Cut a name into words, in their order.

    >>> cut("HumanJudgement_v2"), cut("responseA"), cut("modelA_answer")
    (['human', 'judgement', 'v', '2'], ['response', 'a'], ['model', 'a', 'answer'])
    """
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+", name)]


def words_of(name: str) -> set[str]:
    """Cut a name into words, so that HumanJudgement, human_eval and human-1 all hold "human".

    >>> sorted(words_of("HumanJudgement_v2"))
    ['2', 'human', 'judgement', 'v']
    """
    return set(cut(name))


def is_gold(name: str) -> bool:
    """Whether a name says that its labels are gold: a word such as human, or h1, ann_2 ...

    >>> [is_gold(name) for name in ("HumanJudgement", "h2", "annotator1", "gpt-4")]
    [True, True, True, False]
    """
    words = words_of(name)
    said = words & (GOLD if not words & _MODELS else _SURELY_GOLD)
    return bool(said) or _GOLD_CODE.fullmatch(name.strip()) is not None


def is_judge(name: str) -> bool:
    """Whether a name says judge, or names a language model."""
    # DeepSeek is one word, too.
    return bool((words_of(name) | set(re.findall(r"[a-z]+", name.lower()))) & JUDGE) and not is_gold(name)


def is_id(name: str) -> bool:
    """Whether a name says identifier."""
    return bool(words_of(name) & ID)


def cluster_rank(name: str) -> int | None:
    """How well a name says "source question", 0 the best; None if it does not."""
    text = re.sub(r"[\s-]+", "_", name.strip().lower())
    return _CLUSTER.index(text) if text in _CLUSTER else None


def gold_source_of(golds: Sequence[str]) -> str:
    """Say who gave gold, where the names of all its columns say so.

    >>> gold_source_of(["human_1", "annotator_2"]), gold_source_of(["label"]), gold_source_of(["expert"])
    ('human', 'unspecified', 'expert')
    """
    sources = {_source_of(name) for name in golds}
    return sources.pop() if len(sources) == 1 else "unspecified"


def _source_of(name: str) -> str:
    words = words_of(name)
    if words & {"expert", "experts"}:
        return "expert"
    if words & {"crowd", "worker"}:
        return "crowd"
    people = words & (word_set("human humans") | RATER - {"judge", "evaluator", "grader", "user"})
    return "human" if people or _GOLD_CODE.fullmatch(name.strip()) else "unspecified"


def is_verdict(name: str) -> bool:
    """Whether a name says verdict or label, and not only mark."""
    return bool(words_of(name) & LABEL)


def is_label(name: str) -> bool:
    """Whether a name says verdict, label, mark ..."""
    return bool(words_of(name) & (LABEL | _MARKS)) or name.strip().lower() == "answer"


def says_labels(name: str) -> bool:
    """Whether a name says that a column holds labels, of people, of a judge or of whoever."""
    return is_gold(name) or is_judge(name) or is_label(name)
