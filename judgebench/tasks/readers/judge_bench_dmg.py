"""JUDGE-BENCH (dmg-illc): items with several human scores each, no recorded verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.domain import Item, Label, Response, Turn, digest
from judgebench.tasks import base
from judgebench.tasks.base import Located

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Scale
    from judgebench.files.records import Row
    from judgebench.tasks.sources import Source

_SCORES = "individual_human_scores"


class Reader(base.Reader):
    """Reads one file of the repository: ``annotations`` say what was asked, ``instances`` hold the scores."""

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per instance and metric, the metric as its subset."""
        number = 0
        for row in source.rows():
            asked = {str(entry.get("metric")): str(entry.get("prompt", "")) for entry in _objects(row, "annotations")}
            for instance in _objects(row, "instances"):
                number += 1
                question, answer = _texts(instance.get("instance"), row)
                annotations: Any = instance.get("annotations")
                if not isinstance(annotations, dict) or not set(annotations) <= set(asked):
                    row.fail("expected an object of the metrics that the file describes", "instances.annotations")
                for metric, given in annotations.items():
                    where = f"instances.{instance.get('id')}.{metric}"
                    item = Item(
                        # Some ids stand several times; the place in the file tells them apart.
                        id=f"{number}/{instance.get('id')}/{metric}",
                        conversation=(Turn.of("user", question or "Judge this text."),),
                        responses=(Response(answer),),
                        gold=_labels(given, self.scale, row, where),
                        gold_source=self.gold_source,
                        cluster=digest(f"{question}\n{answer}", 16),
                        subset=metric,
                        attributes=(("criterion", _criterion(asked[metric])),),
                    )
                    yield Located(item, row)


def _objects(row: Row, name: str) -> list[dict[str, Any]]:
    value: Any = row.require(name)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        row.fail("expected a list of objects", name)
    return value


def _texts(value: object, row: Row) -> tuple[str, str]:
    if isinstance(value, str):
        return "", value
    if isinstance(value, dict) and len(value) == 2:
        question, answer = value.values()
        return str(question), str(answer)
    return row.fail("expected a text, or an object of a context and a response", "instances.instance")


def _labels(given: object, scale: Scale, row: Row, where: str) -> tuple[Label, ...]:
    """Read the scores by position: who gave them isn't published."""
    scores = given.get(_SCORES) if isinstance(given, dict) else None
    if not isinstance(scores, list):
        return row.fail(f"expected a list {_SCORES}", where)
    labels: list[Label] = []
    for place, score in enumerate(scores, start=1):
        code = None if score is None else scale.code(str(score))
        if score is not None and code is None:
            row.fail(f"score {score!r} is not on the scale {scale.spec}", where)
        labels.append(Label(f"rating {place}", code))
    return tuple(labels)


def _criterion(prompt: str) -> str:
    """Read the statement or question that raters were given, without the places where texts were put in."""
    lines = [line for line in prompt.splitlines() if line.strip() and "{{" not in line]
    last = lines[-1] if lines else prompt.replace("{{ instance }}", "")
    return last.removeprefix("Statement:").strip()
