"""What every correction starts from: verdicts with gold on some of them, and what a verdict is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.policies import apply, sign_of
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.agreement.policies import Codes, Scored
    from judgebench.domain import Policies, Ratings, Scale
    from judgebench.stats.crosstab import Floats

    Counts = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Rows:
    """Effective verdicts, with gold where it is known; all of shape (n,).

    ``judge`` is a label's code, or past the labels undecided and invalid; ``gold`` is 0 where nothing is ``labelled``,
    and ``gold_score`` what it is worth. ``left_out`` counts items whose annotators have no common label; ``graded``
    gold is a mean of annotators, a number and not a label.
    """

    judge: Codes
    gold: Codes
    labelled: npt.NDArray[np.bool_]
    gold_score: Floats
    cluster: Counts
    system: Counts
    left_out: int
    graded: bool

    def take(self, kept: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Rows:
        """Keep some rows."""
        columns = ("judge", "gold", "labelled", "gold_score", "cluster", "system")
        return replace(self, **{name: getattr(self, name)[kept] for name in columns})


@dataclass(frozen=True, slots=True)
class Score:
    """What each of k labels is worth, by code; ``accepted`` is the label whose share it is, if it is a share."""

    values: Floats
    low: float
    high: float
    words: str
    accepted: int | None
    classes: int

    @property
    def binary(self) -> bool:
        """Whether it is the share of one of two labels."""
        return self.classes == 2 and self.accepted is not None


def score_of(scale: Scale, target: str | None) -> Score:
    """Decide what each label is worth: the scale's own score, or 1 for the ``target`` and 0 for the others.

    UsageError if the labels have no value of their own, or the target is none of them.
    """
    if not scale.listed:
        raise UsageError(
            f"only scores of labels can be corrected, not those on {scale.spec}: put numbers on whole levels, "
            f"{argument('scale')} rate:LO-HI, or label by label"
        )
    codes = np.arange(len(scale.labels))
    accepted: int | None = None
    if target is not None:
        accepted = scale.code(target)
        if accepted is None:
            raise UsageError(
                f"{argument('target')} {target!r} is not a label of {scale.spec}: {', '.join(scale.labels[:20])}"
            )
        values, words = (codes == accepted).astype(float), f"share of {scale.labels[accepted]!r}"
    elif scale.kind == "check":
        accepted, values, words = 1, codes.astype(float), f"share {scale.labels[1]}"
    elif scale.kind == "pair":
        values, words = (1.0 - sign_of(codes, scale)) / 2, "win rate of A"
        if scale.both_bad is not None:
            values[scale.both_bad] = 0.0
        words += "" if scale.tie is None else ", ties half"
    elif scale.kind == "rate":
        values, words = np.asarray(scale.values, dtype=float), f"mean rating ({scale.labels[0]} to {scale.labels[-1]})"
        if scale.spec.startswith("levels"):
            words += f", as {scale.values[0]:g} to {scale.values[-1]:g}"
    else:
        raise UsageError(
            f"labels of {scale.spec} have no value; say whose share is meant with {argument('target')} LABEL"
        )
    if accepted is None and len(codes) == 2 and {0.0, 1.0} == set(values.tolist()):
        accepted = int(values.argmax())
    return Score(values, float(values.min()), float(values.max()), words, accepted, len(scale.labels))


def rows_of(ratings: Ratings, policies: Policies, score: Score) -> Rows:
    """Apply the policies to all rows: one without gold takes a stand-in, which nobody reads.

    UsageError if gold is a mean of annotators and a share is asked for.
    """
    known: npt.NDArray[np.bool_] = np.asarray((ratings.gold >= 0).any(axis=1))
    columns = ratings.gold if ratings.gold.shape[1] else np.full((ratings.judge.size, 1), -1, np.int64)
    filled = columns.copy()
    filled[~known, 0] = 0
    scored: Scored = apply(replace(ratings, gold=filled, annotators=ratings.annotators or ("gold",)), policies)
    labelled = known[scored.row]
    if scored.gold_values is None:
        gold, worth = scored.gold, score.values[scored.gold]
    else:
        # A mean of annotators is a number, and no class.
        gold, worth = np.zeros(scored.size, np.int32), scored.gold_values[scored.gold]
        if score.accepted is not None:
            raise UsageError(
                f"policy gold=mean makes gold a number, which has no share; use majority, or no {argument('target')}"
            )
    return Rows(
        scored.judge,
        gold,
        labelled,
        np.where(labelled, worth, 0.0),
        scored.cluster,
        scored.system,
        scored.left_out,
        scored.gold_values is not None,
    )


def judged(judge: Codes, score: Score) -> Floats:
    """Score each verdict; where there is none, by the mean of the others, which favours nobody."""
    valid: npt.NDArray[np.bool_] = np.asarray(judge < score.classes)
    worth = np.zeros(judge.size)
    worth[valid] = score.values[judge[valid]]
    worth[~valid] = worth[valid].mean() if valid.any() else 0.0
    return worth


def counts(known: Rows, test: Rows, score: Score) -> tuple[Counts, Counts]:
    """Count the calibration rows by gold and verdict, and the measured rows by verdict, in the columns `used`."""
    wide = score.classes + 2
    joint = np.bincount(known.gold * wide + known.judge, minlength=score.classes * wide).reshape(-1, wide)
    kept = used(known, test, score)
    return joint[:, kept], np.bincount(test.judge, minlength=wide)[kept]


def used(known: Rows, test: Rows, score: Score) -> npt.NDArray[np.bool_]:
    """Say which verdicts count: all labels, and undecided and invalid where anybody was."""
    wide = score.classes + 2
    said = np.bincount(np.concatenate([known.judge, test.judge]), minlength=wide)
    kept: npt.NDArray[np.bool_] = np.asarray(said > 0)
    kept[: score.classes] = True
    return kept
