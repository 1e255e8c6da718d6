"""JudgeBench: pairs of answers of which exactly one is right, and the benchmark's own output files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.domain import Label, Reply, Status, digest
from judgebench.domain.quick import new_item, new_part, new_response, new_turn
from judgebench.errors import UsageError
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.recordings import Recording, picked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.domain import Item
    from judgebench.files.records import Row
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

#: What a source begins with, and the subset it belongs to.
SUBSETS = {
    "mmlu-pro": "knowledge",
    "livebench-reasoning": "reasoning",
    "livebench-math": "math",
    "livecodebench": "coding",
}
_LABELS = {"A>B": 0, "B>A": 2}
_GOLD = {label: (Label("verifier", code),) for label, code in _LABELS.items()}
# Anything else in an output file ("A>A", null) counts for neither side in the benchmark's own metric.
_DECISIONS = {"A>B": 0, "A=B": 1, "B>A": 2}
_ORDERS = ((0, 1), (1, 0))


class Reader(base.Reader):
    """Reads the pairs (hub and GitHub have the same fields) and two forms of recorded verdicts."""

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the pairs."""
        for row in source.rows():
            question = row.text("question")
            model = row.text("response_model")
            origin = row.text("source")
            # In the order of its fields: calls by name take longer.
            item = new_item(
                row.name("pair_id"),
                (new_turn("user", (new_part(question),)),),
                (new_response(row.text("response_A"), model), new_response(row.text("response_B"), model)),
                row.choice("label", _GOLD),
                "verifier",
                # Neither id names the question: original_id is null for three of four sources, and two of them
                # hold one question under two ids.
                f"q-{digest(question, 16)}",
                _subset(row, origin),
                (),
                (),
                (("source", origin),),
            )
            yield Located(item, row)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read an official output file (``judgments``), or the reduced file of several judges (``games``).

        ``column`` is the judge's model, or ``judge_name/judge_model`` where one model judged in several ways.
        """
        judged, names = self._judged(source)
        if not judged:
            raise UsageError(f"{source.name}: it holds verdicts on others, and none for split {self.split}")
        shown = picked(column, judged, source.name, names)
        replies: Replies = {}
        for row, games in judged[shown]:
            pair = row.name("pair_id")
            if (pair, _ORDERS[0]) in replies:
                row.fail(f"pair {pair!r} appears twice for this judge", "pair_id")
            if pair in items and "label" in row.data and row.choice("label", _LABELS) != items[pair].gold[0].code:
                row.fail(f"the label isn't the one of pair {pair!r} in the data: another version?", "label")
            for order, game in zip(_ORDERS, games, strict=False):
                replies[pair, order] = _reply(row, game, order)
        return Recording(shown, replies, tuple(o for o in _ORDERS if any(order == o for _, order in replies)))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the models, with ``judge_name`` before those that judged in several ways."""
        return self._judged(source)[1]

    def _judged(self, source: Source) -> tuple[dict[str, list[tuple[Row, list[Any]]]], dict[str, str]]:
        """Collect each judge's rows by the name to show, and every name that it may be called by."""
        found: dict[tuple[str, str], list[tuple[Row, list[Any]]]] = {}
        for row in source.rows():
            if "games" in row.data:
                if row.data.get("split", self.split) != self.split:
                    continue
                key, games = (row.name("judge_name"), row.name("judge_model")), row.require("games")
            else:
                games = row.require("judgments")
                key = (str(row.data.get("judge_name") or "judge"), _official_model(games))
            if not isinstance(games, list) or not 1 <= len(games) <= len(_ORDERS):
                row.fail("expected one or two games", "judgments" if "judgments" in row.data else "games")
            found.setdefault(key, []).append((row, games))
        for name, model in [key for key in found if not key[1]]:
            # A game that failed in the official code names no model: it is of the only one that judged in this way.
            others = [key for key in found if key[0] == name and key[1]]
            if len(others) == 1:
                found[others[0]] += found.pop((name, model))
        models = [model for _, model in found]
        judged: dict[str, list[tuple[Row, list[Any]]]] = {}
        names: dict[str, str] = {}
        for (name, model), rows in found.items():
            shown = name if not model else model if models.count(model) == 1 else f"{name}/{model}"
            judged[shown] = rows
            names |= {shown: shown, f"{name}/{model}": shown}
        return judged, names


def _subset(row: Row, origin: str) -> str:
    for prefix, subset in SUBSETS.items():
        if origin == prefix or origin.startswith(f"{prefix}-"):
            return subset
    return row.fail(f"{origin!r} begins with none of {', '.join(SUBSETS)}", "source")


def _official_model(games: Any) -> str:
    for game in games if isinstance(games, list) else ():
        said = game.get("judgment") if isinstance(game, dict) else None
        if isinstance(said, dict) and said.get("judge_model"):
            return str(said["judge_model"])
    return ""


def _reply(row: Row, game: Any, order: tuple[int, ...]) -> Reply:
    if game is None:
        return Reply(Status.UNPARSED, error="the call failed when the file was made")
    if not isinstance(game, dict):
        row.fail("expected a game with a decision", "judgments" if "judgments" in row.data else "games")
    said = game.get("judgment")
    inner: dict[str, Any] = said if isinstance(said, dict) else {"response": said}
    if "decision" not in game:
        row.fail("a game has no decision", "decision")
    text = game.get("response") or inner.get("response")
    scores = game.get("scores") or inner.get("scores") or [game.get("score_A"), game.get("score_B")]
    numbers = [float(s) for s in scores if isinstance(s, int | float)] if isinstance(scores, list) else []
    code = _DECISIONS.get(game["decision"]) if isinstance(game["decision"], str) else None
    return Reply.read(
        code,
        scores=tuple(numbers) if len(numbers) == len(order) else (),
        text=text if isinstance(text, str) else "",
        error="" if code is not None else f"decision {game['decision']!r}",
    )
