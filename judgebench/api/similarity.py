"""``judgebench.similarity``: how alike several answers to one question are, by an embedding model here."""

from __future__ import annotations

from itertools import combinations, islice
from typing import TYPE_CHECKING, Unpack

from judgebench.api.detecting import models_and_tasks, opened
from judgebench.api.parameters import question
from judgebench.api.probing import AlikeFrom
from judgebench.api.running import AskingProbes, Judges, Tasks, filled
from judgebench.api.source import is_given
from judgebench.api.tables import Source
from judgebench.errors import DataError, UsageError, argument
from judgebench.report.similarity import Similarities, SimilarityRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Item

#: Mean cosine from which a question's answers count as alike, where nobody says.
ALIKE = 0.8


@question
def similarity(
    source: Source = None,
    *,
    judge: Judges = (),
    task: Tasks = (),
    alike_from: AlikeFrom = None,
    **options: Unpack[AskingProbes],
) -> Similarities:
    """Say how alike the answers to one question are to the ``judge``, an embedding/MODEL; nobody is asked."""
    from judgebench.agreement.probing.similarity import similarity as measured  # noqa: PLC0415 - loaded on use
    from judgebench.judges.backends.embedding import cosines  # noqa: PLC0415 - loaded on use

    threshold = ALIKE if alike_from is None else alike_from
    how = filled(options)
    wanted = (
        f"say who compares the answers, and those to what: {argument('judge')} embedding/MODEL and {argument('task')} "
        "(a task, or a table of your own)"
    )
    if is_given(source):
        raise UsageError(wanted)
    models, tasks = models_and_tasks(judge, task, wanted)
    if not -1 <= threshold <= 1:
        raise UsageError(f"{argument('alike_from')} {threshold}: a cosine lies between -1 and 1")
    rows: list[SimilarityRow] = []
    for one in tasks:
        found = opened(one, how)
        items = list(islice(found.items(), how.get("limit")))
        pairs, texts = answers(items), {item.cluster or item.id: item.question for item in items}
        if not pairs:
            raise DataError(
                f"no question of {found.name} has two answers: there is nothing to compare",
                hint=f"rows that answer one question have the same question, or {argument('cluster')}",
            )
        flat = [pair for own in pairs.values() for pair in own]
        for model in models:
            told = iter(cosines(model, flat))
            by_question = {name: list(islice(told, len(own))) for name, own in pairs.items()}
            alike = measured(by_question, threshold)
            rows.append(SimilarityRow(found.name, model, threshold, alike, texts[alike.least[0]], found.revision))
    return Similarities(tuple(rows))


def answers(items: Iterable[Item]) -> dict[str, list[tuple[str, str]]]:
    """Pair the answers to each question that has two or more; empty ones don't count."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for item in items:
        own = found.setdefault(item.cluster or item.id, {})
        for place, response in enumerate(item.responses):
            if response.text.strip():
                # Items that compare answers show one answer again and again.
                again = len(item.responses) > 1 and response.model is not None
                own[(response.model or "", response.text) if again else (item.id, str(place))] = response.text
    return {name: list(combinations(own.values(), 2)) for name, own in found.items() if len(own) > 1}
