"""RewardBench 2: best of four in five domains, and Ties, which has a formula of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from judgebench.domain import Estimate, Item, Label, Response, Status, Turn, digest
from judgebench.errors import DataError
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.content_order import content_order
from judgebench.tasks.readers.official import figure
from judgebench.tasks.readers.repeated_scores import scored_recording, scoring_judges
from judgebench.tasks.readers.ties import TIES, mean, right_of, ties_prompts, ties_score
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import GoldSource, Verdict
    from judgebench.files.records import Row
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

#: Where each domain's labels come from (dataset card: how completions were filtered).
DOMAINS: dict[str, GoldSource] = {
    "Factuality": "model",
    "Precise IF": "verifier",
    "Math": "model",
    "Safety": "model",
    "Focus": "model",
    TIES: "expert",
}
#: Responses of an item outside Ties.
BEST_OF = 4
#: The attribute of an item whose responses are scored one by one.
RATE_EACH = ("protocol", "rate-each")


def average(domains: Mapping[str, float]) -> float:
    """Overall score: the unweighted mean of the six domains (Malik et al. 2025, arXiv:2506.01937, Table 3).

    Domains are named as here or as in the paper's table. DataError where one is missing. The first row of Table 3,
    printed there as 77.2:

    >>> round(average({"factuality": 65.7, "precise_if": 55.3, "math": 81.1,
    ...                "safety": 90.9, "focus": 86.7, "ties": 83.4}), 1)
    77.2
    """
    named = {name.replace("_", " ").casefold(): value for name, value in domains.items()}
    for domain in DOMAINS:
        if domain.casefold() not in named:
            raise DataError("this domain is missing; the score is a mean over all six", field=domain)
    return math.fsum(named[domain.casefold()] for domain in DOMAINS) / len(DOMAINS)


def best_of_credit(scores: Sequence[float], right: Iterable[int]) -> float:
    """Credit of one best-of-k item whose responses were scored one by one; ``right`` are indices of right responses.

    The response with the highest score wins. Where k responses share the highest score and a right one is among them,
    the item earns 1/k for each right one, what a fair draw between them would earn on average.

    >>> best_of_credit([7, 9, 9, 9], [1])
    0.3333333333333333
    """
    if not scores:
        raise DataError("there are no scores")
    best = max(scores)
    winners = [index for index, score in enumerate(scores) if score == best]
    return len(set(winners) & set(right)) / len(winners)


def _official(domain: str, verdicts: list[Verdict]) -> Estimate:
    n = len(verdicts)
    if domain == TIES:
        # One unscored response leaves a margin undefined; leaving its prompt out would reward failing on hard ones.
        if any(len(verdict.scores) != len(verdict.systems) for verdict in verdicts):
            return Estimate.missing("unscored_responses", n)
        return figure(ties_score(ties_prompts(verdicts)).score, n)
    return figure(mean(_credit(verdict) for verdict in verdicts), n)


def _credit(verdict: Verdict) -> float:
    right = right_of(verdict)
    if verdict.status is Status.OK and len(verdict.scores) == len(verdict.systems):
        return best_of_credit(verdict.scores, right)
    return float(verdict.code in right)


class Reader(base.Reader):
    """Reads the hub's rows: id, prompt, chosen, rejected, num_correct, models, subset."""

    #: Those of Ties do.
    responses_vary = True
    recorded_fields = frozenset({"subset"})

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        #: By item, the published place of the response in each slot.
        self._orders: dict[str, tuple[int, ...]] = {}

    def official(self, verdicts: Iterable[Verdict]) -> dict[str, dict[str, Estimate]]:
        """Compute the benchmark's own score per domain and, where all six are defined, over all, as ``official_score``.

        Each item counts once, in its own order. A domain of picks is the mean of `best_of_credit` where responses were
        scored, and the share of right picks elsewhere; Ties is `ties_score`. There are no intervals: the formula of
        Ties has none.
        """
        domains: dict[str, list[Verdict]] = {}
        for verdict in verdicts:
            if verdict.order == tuple(range(len(verdict.order))):
                domains.setdefault(verdict.subset, []).append(verdict)
        found = {domain: _official(domain, own) for domain, own in domains.items()}
        values = {domain: estimate.value for domain, estimate in found.items() if estimate.value is not None}
        n = sum(estimate.n for estimate in found.values())
        whole = figure(average(values), n) if set(DOMAINS) <= set(values) else Estimate.missing("missing_part", n)
        return {name: {"official_score": estimate} for name, estimate in {**found, "score": whole}.items()}

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per prompt, its responses in `content_order`."""
        for row in source.rows():
            item, order = _item(row)
            self._orders[item.id] = order
            yield Located(item, row)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:  # noqa: ARG002 - the orders say which
        """Read one judge's scores, one or several for each answer (`judgebench.tasks.readers.repeated_scores`)."""
        return scored_recording(source, column, self._orders)

    def figures(self, path: Path, column: str = "") -> dict[str, float]:
        """Read one model's row of the paper's Table 3 and average its domains; fractions.

        The file is a JSON array of objects with ``model`` and a percentage per domain (``precise_if`` ...).
        """
        rows = [row for row in file_source(path).rows() if row.data.get("model") == column]
        if len(rows) != 1:
            raise DataError(f"expected one row of model {column!r}, found {len(rows)}", file=str(path), field="model")
        values: dict[str, float] = {}
        for domain in DOMAINS:
            key = domain.replace(" ", "_").casefold()
            value = rows[0].data.get(key)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 101:
                rows[0].fail(f"expected a percentage, got {value!r}", key)
            values[domain] = value / 100
        return {**values, "score": average(values)}

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the models of a table of percentages, or those that a file of scores holds."""
        if "model" not in next(source.rows()).data:
            return {name: name for name in scoring_judges(source)}
        return {str(row.data["model"]): str(row.data["model"]) for row in source.rows() if "model" in row.data}


def _item(row: Row) -> tuple[Item, tuple[int, ...]]:
    """Make the item of a row, and say the published place of the response in each slot."""
    domain = row.choice("subset", {name: name for name in DOMAINS})
    prompt = row.text("prompt")
    chosen, rejected = row.texts("chosen"), row.texts("rejected")
    told = row.require("num_correct")
    if told != len(chosen):
        row.fail(f"says {told!r}, and there are {len(chosen)} chosen responses", "num_correct")
    if not chosen or not rejected:
        row.fail(f"{len(chosen)} chosen and {len(rejected)} rejected responses; there must be some of both")
    if domain != TIES and (len(chosen), len(rejected)) != (1, BEST_OF - 1):
        row.fail(f"{domain} is best of {BEST_OF}, and there are {len(chosen)} chosen and {len(rejected)} rejected")
    name = row.name("id")
    texts = chosen + rejected
    models = row.require("models")
    known = isinstance(models, list) and len(models) == len(texts)
    order = content_order(prompt, texts)
    right = tuple(slot for slot, index in enumerate(order) if index < len(chosen))
    item = Item(
        id=f"{domain}/{name}",
        conversation=(Turn.of("user", prompt),),
        responses=tuple(Response(texts[i], str(models[i]) if known and models[i] else None) for i in order),
        gold=(Label("benchmark", right[0] if len(chosen) == 1 else right),),
        gold_source=DOMAINS[domain],
        cluster=_ties_cluster(row, name) if domain == TIES else digest(prompt, 12),
        subset=domain,
        attributes=(RATE_EACH,) if domain == TIES else (),
    )
    return item, order


def _ties_cluster(row: Row, name: str) -> str:
    """Name of what a tied prompt and its reference share."""
    kind, colon, pair = name.partition(":")
    if kind not in {"ref", "tied"} or not colon or not pair:
        row.fail(f"a Ties id reads ref:NUMBER or tied:NUMBER, this is {name!r}", "id")
    return f"ties:{pair}"
