"""Populations and designs, and data sets drawn from them.

A design is how rows share questions: ``lone`` rows, or clusters that are ``equal``, ``lognormal`` (sigma 1), ``heavy``
(lognormal, sigma 1.5), have one ``giant`` with half of the rows, or ``two`` with 30 % each. A judge knows the answer
with probability kappa (between clusters beta(4 kappa, 4 (1 - kappa))), else it guesses, with gold's margins or its own.
Base rates are the same in all clusters, or (``uneven``) each cluster's own, Dirichlet with so much weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats: TypeAlias = np.ndarray

CHECK = (
    "percent_agreement", "cohen_kappa", "scott_pi", "krippendorff_alpha", "gwet_ac1", "brennan_prediger",
    "matthews_corrcoef", "macro_f1", "balanced_accuracy", "youden_j", "true_positive_rate", "true_negative_rate",
)  # fmt: skip
CLASSES = (
    "percent_agreement", "cohen_kappa", "krippendorff_alpha", "gwet_ac1", "matthews_corrcoef", "macro_f1",
    "balanced_accuracy",
)  # fmt: skip
RATINGS = (
    "cohen_kappa_quadratic", "cohen_kappa_linear", "krippendorff_alpha_interval", "gwet_ac2_quadratic", "pearson_r",
    "lin_ccc", "icc_a1", "spearman_rho", "kendall_tau_b", "adjacent_agreement", "mean_signed_error",
    "mean_absolute_error",
)  # fmt: skip
SKEWED, FLAT = (0.02, 0.05, 0.13, 0.3, 0.5), (0.2,) * 5
#: A design: its kind, clusters and rows.
LONE = tuple(("lone", n, n) for n in (40, 100, 200, 400, 1000))
CLUSTERED = tuple(
    (kind, groups, n)
    for kind in ("equal", "lognormal", "giant", "two")
    for groups, n in ((8, 80), (20, 200), (40, 400), (200, 1000))
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One population and one design."""

    kind: str
    groups: int
    n: int
    kappa: float
    gold: tuple[float, ...]
    guess: tuple[float, ...] = ()
    uneven: float = 0.0

    @property
    def lone(self) -> bool:
        """Whether every row is a question of its own."""
        return self.kind == "lone"

    @property
    def guesses(self) -> Floats:
        """Margins of the judge's guesses."""
        return np.asarray(self.guess or self.gold)

    @property
    def truth(self) -> Floats:
        """Joint proportions of the population."""
        gold = np.asarray(self.gold)
        return self.kappa * np.diag(gold) + (1 - self.kappa) * np.outer(gold, self.guesses)

    @property
    def design(self) -> str:
        """Kind, clusters and rows."""
        return f"{self.kind} {self.n}" if self.lone else f"{self.kind} {self.groups}/{self.n}"

    @property
    def title(self) -> str:
        """Design and population."""
        own = f", guesses {'/'.join(f'{p:g}' for p in self.guess)}" if self.guess else ""
        rates = f", uneven {self.uneven:g}" if self.uneven else ""
        return f"{self.design}, {'/'.join(f'{p:.3g}' for p in self.gold)}{own}{rates}, kappa {self.kappa:g}"

    @property
    def full(self) -> bool:
        """Whether cells are full: 20 rows of the rarest label, 15 disagreements, 10 rare ones agreed on, no giant."""
        truth, rare = self.truth, int(np.argmin(self.gold))
        return bool(
            self.n * min(self.gold) >= 20
            and self.n * (1 - truth.trace()) >= 15
            and self.n * truth[rare, rare] >= 10
            and self.kind not in {"giant", "two"}
        )


def tables() -> Iterator[tuple[Cell, tuple[str, ...]]]:
    """Cells of a check: every design, prevalence and kappa, the judge guessing with gold's margins or its own."""
    for kind, groups, n in (*LONE, *CLUSTERED):
        for share in (0.5, 0.2, 0.05, 0.02):
            for kappa in (0.0, 0.2, 0.6, 0.9, 0.98):
                yield Cell(kind, groups, n, kappa, (1 - share, share)), CHECK
    few = ("lone", 60, 60), ("lone", 600, 600), ("equal", 12, 150), ("heavy", 15, 150), ("heavy", 60, 600)
    for kind, groups, n in (*few, *CLUSTERED[1::2]):
        for share, said in ((0.1, 0.3), (0.3, 0.6), (0.03, 0.15), (0.1, 0.02)):
            for kappa in (0.0, 0.4, 0.8):
                yield Cell(kind, groups, n, kappa, (1 - share, share), (1 - said, said)), CHECK


def classes() -> Iterator[tuple[Cell, tuple[str, ...]]]:
    """Cells of three nominal labels."""
    for kind, groups, n in (*LONE, *CLUSTERED):
        for gold in ((1 / 3, 1 / 3, 1 / 3), (0.6, 0.3, 0.1), (0.9, 0.06, 0.04)):
            for kappa in (0.0, 0.6, 0.95):
                yield Cell(kind, groups, n, kappa, gold), CLASSES


def ratings() -> Iterator[tuple[Cell, tuple[str, ...]]]:
    """Cells of ratings from 1 to 5, skewed and flat."""
    for kind, groups, n in (*LONE, *CLUSTERED):
        for gold in (SKEWED, FLAT):
            for kappa in (0.05, 0.6, 0.95):
                yield Cell(kind, groups, n, kappa, gold), RATINGS


def uneven() -> Iterator[tuple[Cell, tuple[str, ...]]]:
    """Cells of a check in clusters most of whose rows have one and the same label."""
    for kind, groups, n in CLUSTERED:
        for share in (0.5, 0.2):
            for kappa in (0.0, 0.2, 0.6, 0.9):
                yield Cell(kind, groups, n, kappa, (1 - share, share), uneven=2.0), CHECK


def sizes(rng: np.random.Generator, kind: str, groups: int, n: int, sims: int) -> np.ndarray:
    """Rows of each cluster, shape (sims, G); at least one each."""
    if kind == "lone":
        return np.ones((sims, n), dtype=int)
    if kind in {"lognormal", "heavy"}:
        weights = rng.lognormal(0, 1 if kind == "lognormal" else 1.5, (sims, groups))
        return 1 + rng.multinomial(n - groups, weights / weights.sum(axis=1, keepdims=True))
    large = {"giant": [n // 2], "two": [3 * n // 10] * 2}.get(kind, [])
    small = groups - len(large)
    left = n - sum(large)
    shares = [left // small + (i < left % small) for i in range(small)]
    return np.tile([*large, *shares], (sims, 1))


def able(rng: np.random.Generator, kappa: float, shape: tuple[int, ...]) -> Floats:
    """How often a judge knows the answer in each cluster: beta(4 kappa, 4 (1 - kappa))."""
    return np.full(shape, kappa) if kappa in {0.0, 1.0} else rng.beta(4 * kappa, 4 * (1 - kappa), shape)


def draw(rng: np.random.Generator, cell: Cell, sims: int) -> np.ndarray:
    """Draw counts of each cluster, shape (sims, G, k, k); of lone rows those of all, as one cluster."""
    k, gold = len(cell.gold), np.asarray(cell.gold)
    if cell.lone:
        return rng.multinomial(cell.n, cell.truth.ravel(), sims).reshape(sims, 1, k, k)
    rows = sizes(rng, cell.kind, cell.groups, cell.n, sims)
    knows = able(rng, cell.kappa, rows.shape)[..., None, None]
    own = (rng.dirichlet(cell.uneven * gold, rows.shape) if cell.uneven else gold)[..., :, None]
    chances = (own * (knows * np.eye(k) + (1 - knows) * cell.guesses)).reshape(*rows.shape, k * k)
    return rng.multinomial(rows, chances / chances.sum(axis=-1, keepdims=True)).reshape(*rows.shape, k, k)


def draw_pairs(rng: np.random.Generator, cell: Cell, discordant: float, sims: int) -> np.ndarray:
    """Draw counts by gold and two equal judges, (sims, G, k, k, k); of lone rows those of all, as one cluster.

    Both say what the cell's judge says; of their rows a share is judged anew by each, so that they differ. Clusters
    favour one judge by N(0, .3).
    """
    gold, k = np.asarray(cell.gold), len(cell.gold)
    rows = np.full((sims, 1), cell.n) if cell.lone else sizes(rng, cell.kind, cell.groups, cell.n, sims)
    lean = np.zeros(rows.shape) if cell.lone else np.clip(rng.normal(0, 0.3, rows.shape), -0.9, 0.9)
    shift = np.minimum(cell.kappa, 1 - cell.kappa) * lean[..., None, None]
    alone = cell.kappa * np.eye(k) + (1 - cell.kappa) * cell.guesses
    one, two = (
        (cell.kappa + side * shift) * np.eye(k) + (1 - cell.kappa - side * shift) * cell.guesses for side in (1.0, -1.0)
    )
    same = (1 - discordant) * gold[:, None, None] * alone[:, :, None] * np.eye(k)
    apart = discordant * gold[:, None, None] * one[..., :, :, None] * two[..., :, None, :]
    chances = (same + apart).reshape(*rows.shape, k**3)
    return rng.multinomial(rows, chances / chances.sum(axis=-1, keepdims=True)).reshape(*rows.shape, k, k, k)


def draw_jury(rng: np.random.Generator, cell: Cell, judges: int) -> np.ndarray:
    """Draw tables of equal judges by question, shape (G, judges, k, k); a question may favour any."""
    rows = sizes(rng, cell.kind, cell.groups, cell.n, 1)[0]
    question = np.repeat(np.arange(rows.size), rows)
    gold, said = draw_rows(rng, cell, question, judges)
    k = len(cell.gold)
    flat = ((question[:, None] * judges + np.arange(judges)) * k + gold[:, None]) * k + said
    return np.bincount(flat.ravel(), minlength=rows.size * judges * k * k).reshape(-1, judges, k, k).astype(float)


def draw_rows(rng: np.random.Generator, cell: Cell, question: np.ndarray, raters: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw gold, shape (n,), and what several equal raters say, shape (n, raters)."""
    k, n = len(cell.gold), question.size
    gold = rng.choice(k, size=n, p=cell.gold)
    knows = rng.random((n, raters)) < able(rng, cell.kappa, (int(question.max()) + 1, raters))[question]
    return gold, np.where(knows, gold[:, None], rng.choice(k, size=(n, raters), p=cell.guesses))
