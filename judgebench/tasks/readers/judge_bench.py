"""JUDGE-BENCH's schema: a data set in one object, what people were asked by metric, and their scores by instance.

``annotations`` are ``{metric, category, prompt}`` with ``labels_list`` (categorical) or ``worst`` and ``best`` (graded,
continuous). ``instances`` are ``{id, instance, annotations}``: a text or an object of texts, and by metric
``individual_human_scores`` with ``majority_human`` or ``mean_human``. A file of responses has, by metric, the text of
each model, too.

A split takes the metrics of its scale, whatever they are called: ``rate:1-5`` each person's grade from 1 to 5,
``number:1-5`` the mean of such grades. ``[form]`` has the keys of `Shape`, ``words`` (the scale's word for a label) and
``metrics`` (those to take whatever scale the file gives them).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import Item, Label, Reply, Scale, digest
from judgebench.errors import DataError, UsageError
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.readers.shape import Shape
from judgebench.tasks.recordings import Heard, picked
from judgebench.tasks.texts import word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.domain import Code
    from judgebench.files.records import Row
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

_SCORES = "individual_human_scores"
#: What is known of all people together.
_WHOLE = {"majority_human": "majority", "mean_human": "mean"}
_THEREFORE = re.compile(r"therefore, (.{1,80}?) is correct\b", re.IGNORECASE)
_PLACE = re.compile(r"\{\{.*?\}\}")


class Metric(NamedTuple):
    """What was asked, and the scale of the answers; None where the file doesn't say it."""

    prompt: str
    category: str
    scale: Scale | None


class Found(NamedTuple):
    """One metric of one instance: the item's id, what was given, and where it is."""

    id: str
    name: str
    metric: Metric
    fields: dict[str, Any]
    given: Mapping[str, Any]
    row: Row
    at: str


class Reader(base.Reader):
    """Reads any number of objects of the schema, an item for each instance and metric of the split's scale."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        form = self.form
        self.words = form.texts_by_name("words")
        self.metrics = form.texts("metrics")
        self.shape = Shape.of(form)
        form.done()

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per instance and metric, the metric as its subset."""
        pair = self.scale.kind == "pair"
        for found in self._found(source):
            row, at, fields = found.row, found.at, found.fields
            shown = self.shape.show(fields, row, at, answers=2 if pair else 1, folder=source.folder)
            texts = "\n".join((shown.question, *(one.text for one in shown.responses)))
            fields = {**fields, "metric": found.name}
            cluster, subset = self.shape.groups(fields, row, at)
            yield Located(
                Item(
                    id=found.id,
                    conversation=shown.conversation,
                    responses=shown.responses,
                    gold=self._gold(found),
                    gold_source=self.gold_source,
                    cluster=cluster or digest(texts, 16),
                    subset=subset or found.name,
                    references=shown.references,
                    attributes=self.shape.about(fields, row, at, _criterion(found.metric.prompt)),
                ),
                row,
            )

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one model's responses as `judgebench.labels.replies` reads a judge's words."""
        models = self.judges(source)
        if not models:
            raise UsageError(f"{source.name} has people's scores only: name a file of models' responses")
        model = picked(column, models, source.name)
        heard = (
            Heard(found.row, found.at, found.id, self._reply(str(found.given[model] or "")))
            for found in self._found(source)
            if model in found.given
        )
        return self.gathered(model.rpartition("/")[2], heard, items, source)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the models that responded."""
        known = {_SCORES, *_WHOLE}
        return {name: name for found in self._found(source) for name in found.given if name not in known}

    def _found(self, source: Source) -> Iterator[Found]:
        """Yield what is on the split's scale; DataError where nothing is, which says what there is."""
        number, taken, other, row = 0, False, dict[str, str](), None
        for row in source.rows():
            asked = {
                str(entry.get("metric")): self._metric(entry, row, f"annotations[{place}]")
                for place, entry in enumerate(_objects(row, "annotations"))
            }
            wanted = {name for name, metric in asked.items() if self._takes(name, metric)}
            other |= {name: metric.scale.spec for name, metric in asked.items() if metric.scale and name not in wanted}
            for instance in _objects(row, "instances"):
                number += 1
                fields, given = self._fields(instance, row), instance.get("annotations")
                if not isinstance(given, dict) or not set(given) <= set(asked):
                    row.fail("expected an object of the metrics that the file describes", "instances.annotations")
                for name in (name for name in given if name in wanted):
                    at = f"instances.{instance.get('id')}.{name}"
                    if not isinstance(given[name], dict):
                        row.fail(f"expected an object with {_SCORES}", at)
                    # Some ids occur several times; the place in the file tells them apart.
                    yield Found(
                        f"{number}/{instance.get('id')}/{name}", name, asked[name], fields, given[name], row, at
                    )
                    taken = True
        if row is not None and not taken and other:
            there = ", ".join(f"{name} on {spec}" for name, spec in list(other.items())[:8])
            row.fail(f"no metric is on the scale {self.scale.spec} of {self.card.name}:{self.split}; there is {there}",
                      "annotations", "another split takes them, or a card of your own")  # fmt: skip

    def _metric(self, entry: Mapping[str, Any], row: Row, at: str) -> Metric:
        prompt, category = str(entry.get("prompt") or ""), str(entry.get("category") or "")
        if category not in {"categorical", "graded", "continuous", ""}:
            row.fail(f"{category!r} is none of categorical, graded, continuous", f"{at}.category")
        try:
            if isinstance(labels := entry.get("labels_list"), list):
                return Metric(prompt, category, Scale.categories([self._word(label) for label in labels]))
            if category == "categorical" or not entry.keys() & {"worst", "best"}:
                return Metric(prompt, category, None)
            worst, best = float(entry["worst"]), float(entry["best"])
            low, high = sorted((worst, best))
            if category == "continuous":
                return Metric(prompt, category, Scale.number(low, high))
            grades = [str(grade) for grade in range(int(low), int(high) + 1)]
            upward = Scale.rate(int(low), int(high))
            return Metric(prompt, category, upward if worst < best else Scale.levels(grades[::-1]))
        except (KeyError, TypeError, ValueError, UsageError, DataError):
            wanted = "a labels_list of different labels, or the numbers worst and best"
            row.fail(f"metric {entry.get('metric')!r}: expected {wanted}", at)

    def _takes(self, name: str, metric: Metric) -> bool:
        own, scale = metric.scale, self.scale
        if self.metrics or own is None:
            return not self.metrics or name in self.metrics
        if own.ordered and scale.kind == "number":
            return scale.values == (min(own.values), max(own.values))
        folded = [[label.casefold() for label in one.labels] for one in (own, scale)]
        # What is best is said in grades only.
        return folded[0] == folded[1] if own.ordered else sorted(folded[0]) == sorted(folded[1])

    def _gold(self, found: Found) -> tuple[Label, ...]:
        """Read the scores by position: who gave them isn't published."""
        scores = found.given.get(_SCORES)
        means = self.scale.kind == "number" and found.metric.category == "graded"
        if isinstance(scores, list) and scores and not means:
            return tuple(Label(f"rating {n}", self._code(score, found)) for n, score in enumerate(scores, start=1))
        names = ("mean_human",) if means else tuple(_WHOLE)
        for name in names:
            if found.given.get(name) is not None:
                return (Label(_WHOLE[name], self._code(found.given[name], found)),)
        return found.row.fail(f"expected a list {_SCORES}, or {' or '.join(names)}", found.at)

    def _code(self, score: object, found: Found) -> Code | None:
        word = self._word(score)
        code = self.scale.code(word) if word else None
        if word and code is None:
            found.row.fail(f"score {score!r} is not on the scale {self.scale.spec}", found.at)
        return code

    def _word(self, label: object) -> str:
        word = word_of(label)
        return self.words.get(word, word)

    def _fields(self, instance: Mapping[str, Any], row: Row) -> dict[str, Any]:
        value = instance.get("instance")
        if not isinstance(value, (str, dict)):
            row.fail("expected a text, or an object of texts", "instances.instance")
        # Some files repeat the parts of a text beside it.
        beside = instance if self.shape.answers or self.shape.question else {}
        return {**beside, **(value if isinstance(value, dict) else {"instance": value})}

    def _reply(self, text: str) -> Reply:
        from judgebench.labels.rules import verdict_in  # noqa: PLC0415 - loaded on use

        # The repository has models that reason end so.
        ends = {said.strip(" *\"'").casefold() for said in _THEREFORE.findall(text)}
        said = ends.pop() if len(ends) == 1 else text
        code = self.scale.code(self._word(said))
        if code is None and not ends and (word := verdict_in(text, self.scale)):
            code = self.scale.code(word)
        return Reply.read(code, text=text)


def _objects(row: Row, name: str) -> list[dict[str, Any]]:
    value: Any = row.require(name)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        row.fail("expected a list of objects", name)
    return value


def _criterion(prompt: str) -> str:
    r"""Take what raters were asked out of a prompt: the last line after the texts, or all that precedes them.

    >>> _criterion("Read it: {{ instance }} Is it safe?"), _criterion("How good is it, 1 to 5?\nText: {{ text }}")
    ('Is it safe?', 'How good is it, 1 to 5?')
    """
    before, *_, after = _PLACE.split(prompt) if _PLACE.search(prompt) else ("", prompt)
    # A line that ends in a colon announces a text, or the answer.
    if lines := [line for line in _lines(after) if not line.endswith(":")]:
        return lines[-1].removeprefix("Statement:").strip()
    lines = _lines(before)
    while len(lines) > 1 and lines[-1].endswith(":"):
        lines.pop()
    return "\n".join(lines).rstrip(":")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
