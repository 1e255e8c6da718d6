"""A judge of one's own table as a run, so that whatever reads runs, a gate or a report, reads tables, too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain import Policies, Run, Status, Usage, Verdict, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.domain import Code, GoldSource, Ratings, Scale

#: The revision of every table: what pins its data are its items and its gold, which whoever compares two looks at.
TABLE = "table"


@dataclass(frozen=True, slots=True)
class TableRun:
    """One judge's ratings with what a stored run says; ``names`` gives the items' names by their codes."""

    path: Path
    run: Run
    ratings: Ratings
    names: Callable[[], Sequence[str]]

    @classmethod
    def of(cls, table: str, judge: str, ratings: Ratings, names: Callable[[], Sequence[str]], gold: str) -> TableRun:
        """Take a judge's ratings of a file; ``gold`` is who gave the labels."""
        run = Run(
            task=table,
            revision=TABLE,
            card_digest="",
            judge=judge,
            settings={},
            scale=ratings.scale,
            orders="recorded",
            repeats=1,
            reference="none",
            seed=0,
            limit=None,
            policies=Policies(),
            gold_source=gold,
        )
        return cls(Path(table), run, ratings, names)

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the rows as verdicts, by item first as a stored run does; a table keeps no texts of them."""
        del texts
        ratings, names = self.ratings, self.names()
        least = 2 if ratings.scale.kind == "pair" or ratings.swapped.any() else 1
        plain = tuple(range(max(least, _places(ratings.scale))))
        asked: Counter[tuple[int, bool]] = Counter()
        for row in sorted(range(len(ratings.judge)), key=lambda row: names[int(ratings.item[row])]):
            item, swapped = int(ratings.item[row]), bool(ratings.swapped[row])
            repeat = asked[item, swapped]
            asked[item, swapped] += 1
            code = _code(int(ratings.judge[row]), ratings.sequence, row)
            order = plain[::-1] if swapped else plain
            subset, system = ratings.subsets[ratings.subset[row]], ratings.systems[ratings.system[row]]
            scores, probabilities = _number(ratings, row)
            yield Verdict(
                key=digest([names[item], list(order), repeat]),
                item=names[item],
                order=order,
                repeat=repeat,
                probe="",
                reference="none",
                status=Status.UNPARSED if code is None else Status.OK,
                code=code,
                scores=scores,
                probabilities=probabilities,
                text="",
                error="",
                model="",
                usage=Usage(),
                seconds=0.0,
                gold=tuple(
                    (who, _code(int(ratings.gold[row, at]), ratings.gold_sequence, (row, at)))
                    for at, who in enumerate(ratings.annotators)
                ),
                gold_source=cast("GoldSource", self.run.gold_source),
                cluster=str(ratings.cluster[row]),
                subset=subset,
                systems=(system,) if system else (),
                lengths=(),
                attributes=(),
                revision=TABLE,
            )

    def judgments(self) -> Iterator[Verdict]:
        """Yield what is measured."""
        return self.verdicts()

    @property
    def empty(self) -> bool:
        """Whether nothing is judged."""
        return not len(self.ratings.judge)

    def beside(self) -> dict[str, Any]:
        """Give what a run knows of its items beside their task; a table knows nothing more."""
        return {}


def _places(scale: Scale) -> int:
    return len(scale.labels) if scale.kind in {"pick", "rank"} else 1


def _code(code: int, sequences: Any, at: Any) -> Code | None:
    if code < 0:
        return None
    return code if sequences is None else tuple(int(one) for one in sequences[at] if one >= 0)


def _number(ratings: Ratings, row: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Say a judge's number as a verdict does, so that reading it again gives the same number."""
    if ratings.score is None or ratings.has_score is None or not ratings.has_score[row] or ratings.judge[row] < 0:
        return (), ()
    value, scale = float(ratings.score[row]), ratings.scale
    if ratings.score_kind == "probability":
        shares = [0.0] * len(scale.labels)
        shares[0], shares[len(scale.values) - 1] = 1 - value, value
        return (), tuple(shares)
    return ((0.0, value) if scale.kind == "pair" else (value,)), ()
