"""Several verdicts made one: of criteria by their weights, of samples by majority or mean."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, get_args

from judgebench.domain import Reply, Status, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Code, Scale

C = TypeVar("C", bound="Code")
By: TypeAlias = Literal["majority", "mean"]
BY: tuple[By, ...] = get_args(By)
#: Sums of weights that differ by less are the same.
_ROUNDING = 1e-9


def heaviest(codes: Sequence[C], weights: Sequence[float]) -> list[C]:
    """Find the codes with the most weight."""
    sums: dict[C, float] = {}
    for code, weight in zip(codes, weights, strict=True):
        sums[code] = sums.get(code, 0.0) + weight
    return [code for code, weight in sums.items() if weight > max(sums.values()) - _ROUNDING]


def majority(codes: Sequence[C], weights: Sequence[float]) -> C | None:
    """Find the code with the most weight; None where several have."""
    best = heaviest(codes, weights)
    return best[0] if len(best) == 1 else None


def mean(codes: Sequence[Code], weights: Sequence[float], scale: Scale) -> tuple[Code | None, float | None]:
    """Find the level that is nearest to the weighted mean, and the mean; a draw of two levels gives None.

    A check is correct where more than half of the weight says so. Of two responses in two or three ways that one is
    better to which more weight goes; equal weights are a tie, if there is one. On more ways and on a rating it is the
    level nearest to the mean, of two that are equally near the one nearer the middle. Labels without an order, sets,
    orders and steps have no mean: of these the heaviest counts.
    """
    if not (scale.numeric or scale.kind in {"check", "pair"}):
        return majority(codes, weights), None
    single = [code for code in codes if isinstance(code, int)]
    if scale.kind == "number":
        heard = [weight * float(scale.word(code)) for code, weight in zip(single, weights, strict=True)]
        average = math.fsum(heard) / math.fsum(weights)
        return scale.code(f"{average:.12g}"), average
    return _nearest(single, weights, scale)


def _nearest(codes: Sequence[int], weights: Sequence[float], scale: Scale) -> tuple[int | None, float | None]:
    valued = [(code, weight) for code, weight in zip(codes, weights, strict=True) if code != scale.both_bad]
    total = math.fsum(weights)
    placed = math.fsum(weight for _, weight in valued)
    if placed <= total / 2:
        # Of "both bad" there is no mean: it is the verdict where most say so.
        return (scale.both_bad if placed < total / 2 else None), None
    average = math.fsum(scale.values[code] * weight for code, weight in valued) / placed
    low, high = scale.values[0], scale.values[-1]
    middle = (low + high) / 2
    if scale.kind == "check" or (scale.kind == "pair" and len(scale.values) <= 3):
        if abs(average - middle) < _ROUNDING:
            return scale.tie, average
        return (0 if average < middle else len(scale.values) - 1), average
    near = sorted(range(len(scale.values)), key=lambda code: abs(scale.values[code] - average))
    if abs(abs(scale.values[near[0]] - average) - abs(scale.values[near[1]] - average)) < _ROUNDING:
        return min(near[:2], key=lambda code: (abs(scale.values[code] - middle), code)), average
    return near[0], average


def weighed(parts: Mapping[str, Reply], weights: Mapping[str, float], scale: Scale) -> Reply:
    """Weigh the verdicts on criteria; where one has none, there is none."""
    said = list(parts.values())
    if (lacking := next((one for one in said if one.code is None), None)) is not None:
        return _of(parts, replace(lacking, scores=(), probabilities=()), None)
    codes = [one.code for one in said if one.code is not None]
    code, average = mean(codes, [weights[name] for name in parts], scale)
    return _of(parts, _decided(code), average if scale.kind in {"rate", "check"} else None, check=scale.kind == "check")


def agreed(samples: Sequence[Reply], by: By, scale: Scale) -> Reply:
    """Make one reply of samples, of which more than half have to hold a verdict.

    ``probabilities`` are the shares of the labels among those that do.
    """
    parts = {f"sample {number}": one for number, one in enumerate(samples, 1)}
    codes = [one.code for one in samples if one.code is not None]
    if 2 * len(codes) <= len(samples):
        return _of(parts, next(one for one in samples if one.code is None), None)
    even = [1.0] * len(codes)
    code, average = (majority(codes, even), None) if by == "majority" else mean(codes, even, scale)
    reply = _of(parts, _decided(code), average if scale.kind == "rate" else None)
    shares = tuple(codes.count(one) / len(codes) for one in range(len(scale.labels))) if scale.listed else ()
    return replace(reply, probabilities=shares)


def _decided(code: Code | None) -> Reply:
    return Reply.ok(code) if code is not None else Reply(Status.UNPARSED, error="a draw between verdicts")


def _of(parts: Mapping[str, Reply], whole: Reply, average: float | None, *, check: bool = False) -> Reply:
    """Put parts into a reply, and what they used."""
    said = list(parts.values())
    return replace(
        whole,
        text="",
        scores=() if average is None or check else (average,),
        probabilities=(1 - average, average) if check and average is not None else whole.probabilities,
        model=said[-1].model,
        usage=sum((one.usage for one in said), start=Usage()),
        seconds=sum(one.seconds for one in said),
        parts=tuple(parts.items()),
    )
