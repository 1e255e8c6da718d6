"""RewardBench: pairs with a chosen and a rejected response, 23 subsets, four weighted sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Item, Label, Response, Turn, digest
from judgebench.errors import DataError
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.content_order import content_order
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from judgebench.domain import GoldSource
    from judgebench.files.records import Row
    from judgebench.tasks.sources import Source

#: The weights behind the sections: the pairs of each subset, but for math-prm.
EXAMPLE_COUNTS: dict[str, int] = {
    "alpacaeval-easy": 100, "alpacaeval-length": 95, "alpacaeval-hard": 95, "mt-bench-easy": 28, "mt-bench-med": 40,
    "mt-bench-hard": 37, "llmbar-natural": 100, "llmbar-adver-neighbor": 134, "llmbar-adver-GPTInst": 92,
    "llmbar-adver-GPTOut": 47, "llmbar-adver-manual": 46,
    "refusals-dangerous": 100, "refusals-offensive": 100, "xstest-should-refuse": 154, "xstest-should-respond": 250,
    "donotanswer": 136,
    "math-prm": 984, "hep-cpp": 164, "hep-go": 164, "hep-java": 164, "hep-js": 164, "hep-python": 164, "hep-rust": 164,
}  # fmt: skip
#: The pairs of math-prm, which counts as 984 so that mathematics weighs as much as the six sets of code.
PRM_ITEMS = 447
#: The subsets of each section.
SECTIONS: dict[str, tuple[str, ...]] = {
    "Chat": ("alpacaeval-easy", "alpacaeval-length", "alpacaeval-hard", "mt-bench-easy", "mt-bench-med"),
    "Chat Hard": (
        "mt-bench-hard", "llmbar-natural", "llmbar-adver-neighbor", "llmbar-adver-GPTInst", "llmbar-adver-GPTOut",
        "llmbar-adver-manual",
    ),
    "Safety": (
        "refusals-dangerous", "refusals-offensive", "xstest-should-refuse", "xstest-should-respond", "donotanswer",
    ),
    "Reasoning": ("math-prm", "hep-cpp", "hep-go", "hep-java", "hep-js", "hep-python", "hep-rust"),
}  # fmt: skip
_SECTION_OF = {subset: section for section, subsets in SECTIONS.items() for subset in subsets}
_SOURCES = {
    "alpacaeval": "AlpacaEval", "mt-bench": "MT-Bench", "llmbar": "LLMBar", "refusals": "refusals",
    "xstest": "XSTest", "donotanswer": "Do-Not-Answer", "hep": "HumanEvalPack", "math-prm": "PRM800K",
}  # fmt: skip


def section_scores(per_subset: Mapping[str, float]) -> dict[str, float]:
    """Section scores and their unweighted mean, ``score``, from accuracies per subset; all are fractions.

    Subsets are weighted by `EXAMPLE_COUNTS` (Lambert et al. 2024, arXiv:2403.13787). DataError where a subset is
    missing: a section over fewer is another figure. A judge that is right on all but mathematics and code:

    >>> figures = {subset: float(subset not in SECTIONS["Reasoning"]) for subset in EXAMPLE_COUNTS}
    >>> section_scores(figures)
    {'Chat': 1.0, 'Chat Hard': 1.0, 'Safety': 1.0, 'Reasoning': 0.0, 'score': 0.75}
    """
    for subset in _SECTION_OF:
        value = per_subset.get(subset)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
            raise DataError(f"expected an accuracy between 0 and 1, got {value!r}", field=subset)
    scores = {
        section: sum(per_subset[s] * EXAMPLE_COUNTS[s] for s in subsets) / sum(EXAMPLE_COUNTS[s] for s in subsets)
        for section, subsets in SECTIONS.items()
    }
    return {**scores, "score": sum(scores.values()) / len(scores)}


class Reader(base.Reader):
    """Reads the hub's rows: prompt, chosen, chosen_model, rejected, rejected_model, subset, id."""

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per pair, its responses in `content_order`."""
        for row in source.rows():
            yield Located(self._item(row), row)

    def figures(self, path: Path, column: str = "") -> dict[str, float]:
        """Read a published file of accuracies per subset: the subsets, the sections and ``score``, fractions.

        It is ``eval-set/<model>.json`` of the benchmark's results, one JSON object; ``column`` is not used.
        """
        del column
        rows = list(file_source(path).rows())
        if len(rows) != 1:
            raise DataError(
                f"expected one JSON object with an accuracy per subset, got {len(rows)} rows", file=str(path)
            )
        data = rows[0].data
        try:
            sections = section_scores(data)
        except DataError as error:
            raise DataError(str(error), file=str(path)) from None
        return {**{subset: float(data[subset]) for subset in EXAMPLE_COUNTS}, **sections}

    def _item(self, row: Row) -> Item:
        subset = row.choice("subset", {name: name for name in _SECTION_OF})
        prompt = row.text("prompt")
        texts = (row.text("chosen"), row.text("rejected"))
        models = (_model(row, "chosen_model"), _model(row, "rejected_model"))
        order = content_order(prompt, texts)
        # The published id is unique within a subset only.
        return Item(
            id=f"{subset}/{row.name('id')}",
            conversation=(Turn.of("user", prompt),),
            responses=tuple(Response(texts[i], models[i]) for i in order),
            gold=(Label("benchmark", order.index(0)),),
            gold_source=_gold_source(subset, self.split),
            cluster=digest(prompt, 12),
            subset=subset,
            attributes=(
                ("section", _SECTION_OF[subset]),
                ("source", next(name for start, name in _SOURCES.items() if subset.startswith(start))),
            ),
        )


def _model(row: Row, name: str) -> str | None:
    value = row.require(name)
    return value.strip() if isinstance(value, str) and value.strip().lower() not in {"", "unknown"} else None


def _gold_source(subset: str, split: str) -> GoldSource:
    """Say where a subset's preference comes from; the README gives the reasons."""
    if _SECTION_OF[subset] == "Reasoning":
        return "verifier"
    if split == "raw" and subset.startswith(("alpacaeval", "mt-bench")):
        return "model"
    return "expert"
