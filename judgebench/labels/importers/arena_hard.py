"""Judgments of Arena-Hard: two games of a model against the baseline, by position.

In the first game A is the baseline, in the second the model. Here A is the baseline, and the second game is turned
back. A game that failed has no verdict, nor has a label that the tool's own loader can't map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import Export, Label

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_LABELS = {one: one for one in ("A>>B", "A>B", "A=B", "B>A", "B>>A")} | {
    "A<B": "B>A",
    "A<<B": "B>>A",
    "B=A": "A=B",
    "B<A": "A>B",
    "B<<A": "A>>B",
}


def recognise(probe: Probe) -> str:
    """Look for records with two games, a judge and a model."""
    names = {*probe.columns}
    fits = names >= {"games", "judge", "model"} and probe.format != "csv" and names & {"question_id", "uid"}
    return "games, judge and model" if fits else ""


def read(probe: Probe) -> Export:
    """Read both games of each question and model."""
    export = Export(cluster="question_id", picks="position")
    odd = 0
    for row in probe.rows():
        question = str(row.get("uid") or row.get("question_id"))
        baseline = row.get("baseline") or ("baseline" if "uid" in row else "gpt-4-0314")
        item = f"{question} | {row['model']}"
        fields = {"question_id": question, "model": row["model"], "baseline": baseline}
        export.items[item] = fields | ({"category": row["category"]} if "category" in row else {})
        for game, one in enumerate((row["games"] or [])[:2], 1):
            score: Any = one.get("score") if isinstance(one, dict) else None
            odd += score is not None and score not in _LABELS
            export.labels.append(Label(item, "winner", str(row["judge"]), _LABELS.get(str(score), ""), "judge", game))
    export.count("verdicts that are not labels of Arena-Hard, and count as none", odd)
    return export
