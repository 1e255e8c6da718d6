"""Judgments of FastChat's llm_judge (MT-Bench): pairs in two games, single answers, and people's votes.

An item is a question, a turn and the models; a pair is the same item whichever model comes first. Winners are models,
so that nothing has to be turned back. -1 and ``error`` are replies that could not be read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import Export, Label
from judgebench.labels.vocabulary import number_of

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_PEOPLE = re.compile(r"(?:expert|author|human|annotator|worker|crowd|arena_user|user)[_-]?\w*", re.IGNORECASE)
_TIES = {"tie": "tie", "tie (inconsistent)": "tie", "tie (bothbad)": "both bad", "both_bad": "both bad"}


def recognise(probe: Probe) -> str:
    """Look for games of a pair, a score of an answer, or a vote between two models."""
    keys = {*probe.columns}
    if keys >= {"question_id", "g1_winner", "g2_winner", "model_1", "model_2"}:
        return "question_id, g1_winner and g2_winner"
    if keys >= {"question_id", "model", "score", "turn", "judge"}:
        return "question_id, model, turn, judge and score"
    if keys >= {"question_id", "model_a", "model_b", "winner", "judge", "turn"}:
        return "question_id, model_a, model_b, turn, judge and winner"
    return ""


def read(probe: Probe) -> Export:
    """Read games, scores or votes."""
    export = Export(cluster="question_id")
    for row in probe.rows():
        if "g1_winner" in row:
            _pair(export, row)
        elif "score" in row:
            _single(export, row)
        else:
            _vote(export, row)
    return export


def _judge(row: dict[str, Any]) -> str:
    judge = row.get("judge")
    return " ".join(map(str, judge)) if isinstance(judge, list) else str(judge)


def _item(export: Export, row: dict[str, Any], **models: str) -> str:
    parts = [str(row["question_id"]), *models.values(), f"turn {row.get('turn', 1)}"]
    item = " | ".join(parts)
    kept = {"question_id": row["question_id"], "turn": row.get("turn", 1), **models}
    export.items.setdefault(item, {}).update(kept)
    return item


def _pair(export: Export, row: dict[str, Any]) -> None:
    first, second = sorted((str(row["model_1"]), str(row["model_2"])))
    item = _item(export, row, model_a=first, model_b=second)
    names = {"model_1": str(row["model_1"]), "model_2": str(row["model_2"])}
    # The first game shows model_1 first, whichever of the two is A here.
    games = (1, 2) if names["model_1"] == first else (2, 1)
    for game, key in zip(games, ("g1_winner", "g2_winner"), strict=True):
        said = names.get(str(row[key]), str(row[key]))
        value = {first: "A", second: "B"}.get(said, _TIES.get(said, ""))
        export.labels.append(Label(item, "winner", _judge(row), value, "judge", game))
    export.picks = "answer"


def _single(export: Export, row: dict[str, Any]) -> None:
    item = _item(export, row, model=str(row["model"]))
    score = row["score"]
    value = "" if number_of(str(score)) in {None, -1} else score
    export.system = "model"
    export.labels.append(Label(item, "score", _judge(row), value, "judge"))


def _vote(export: Export, row: dict[str, Any]) -> None:
    models = str(row["model_a"]), str(row["model_b"])
    first, second = sorted(models)
    item = _item(export, row, model_a=first, model_b=second)
    winner = str(row["winner"])
    said = {"model_a": models[0], "model_b": models[1]}.get(winner, winner)
    value = {first: "A", second: "B"}.get(said, _TIES.get(said, said))
    person = not isinstance(row.get("judge"), list) and bool(_PEOPLE.fullmatch(_judge(row)))
    export.labels.append(Label(item, "winner", _judge(row), value, "person" if person else "judge"))
