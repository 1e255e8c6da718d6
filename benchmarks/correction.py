"""How well the corrections of a judged score do: root mean square error and coverage, on real judges' errors.

    python benchmarks/correction.py [--simulations 2000] [--labels 100] [--unlabelled 1000] [--seed 0]

Each simulation draws rows from the table of gold against verdicts of one judge of TriviaQA (Thakur et al. 2024,
"Judging the Judges", first version; nine exam takers, rows that the judge answered), hides the gold of all but some
random ones, and asks every estimator for the share of correct answers. The second table calibrates on rows with another
share of correct answers (one half): there only Rogan-Gladen has a claim to be right. In the third, five rows
share a question, which some questions make easy and others hard (correlation 1/3). The fourth has shares near 1, where
labels alone may be narrower, and what choosing the narrower interval costs. The last is the matrix method with rare
labels and few calibration items.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.correct.labelled import Sample, labels_only, naive, post_stratified, ppi
from judgebench.agreement.correct.matrix import matrix_mean
from judgebench.agreement.correct.rogan_gladen import Calibration, rogan_gladen
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from judgebench.domain import Estimate

#: Gold by verdict (incorrect, correct), counted from the published verdicts.
TABLES = {
    "Llama3-70B": ((870, 219), (45, 2461)),
    "Contains": ((1080, 9), (538, 1968)),
    "Gemma-2B": ((502, 587), (203, 2303)),
}


def once(cells: np.ndarray, labels: int, outside: np.ndarray) -> dict[str, Estimate]:
    """Every estimator on one draw: cells 2 * gold + verdict, the first ``labels`` of them with gold."""
    gold, judge = (cells // 2).astype(float), (cells % 2).astype(float)
    sample = Sample.of(gold[:labels], judge[:labels], judge[labels:])
    counts = np.bincount(outside, minlength=4)
    negatives, positives = int(counts[:2].sum()), int(counts[2:].sum())
    calibration = Calibration(counts[0] / max(negatives, 1), negatives, counts[3] / max(positives, 1), positives)
    rest = judge[labels:]
    return {
        "labels": labels_only(sample),
        "naive": naive(sample),
        "ppi": ppi(sample, 1.0),
        "ppi++": ppi(sample),
        "post-strat": post_stratified(sample),
        "rogan-gladen": rogan_gladen(float(rest.mean()), rest.size, calibration),
    }


def simulate(
    table: tuple[tuple[int, int], ...],
    *,
    simulations: int,
    labels: int,
    unlabelled: int,
    seed: int = 0,
    transfer: bool = False,
) -> dict[str, tuple[float, float, float]]:
    """Root mean square error, coverage and mean width of every estimator."""
    rng = np.random.default_rng(seed)
    counts = np.array(table, dtype=float)
    share = counts / counts.sum()
    truth = float(share[1].sum())
    even = counts / counts.sum(axis=1, keepdims=True) / 2
    errors: dict[str, list[tuple[float, bool, float]]] = {}
    for _ in range(simulations):
        cells = rng.choice(4, size=labels + unlabelled, p=share.ravel())
        outside = rng.choice(4, size=labels, p=even.ravel()) if transfer else cells[:labels]
        for name, found in once(cells, labels, outside).items():
            if found.value is None or found.low is None or found.high is None:
                continue
            covered = found.low <= truth <= found.high
            errors.setdefault(name, []).append((found.value - truth, covered, found.high - found.low))
    return _summary(errors)


def simulate_clusters(
    table: tuple[tuple[int, int], ...], *, simulations: int, questions: int, labelled: int, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Questions with five rows each; the gold of whole questions is known. With clusters, and as if without."""
    rng = np.random.default_rng(seed)
    counts = np.array(table, dtype=float)
    truth = float(counts[1].sum() / counts.sum())
    accepts = counts[:, 1] / counts.sum(axis=1)
    question = np.repeat(np.arange(questions), 5)
    errors: dict[str, list[tuple[float, bool, float]]] = {}
    for _ in range(simulations):
        easy = rng.beta(2 * truth, 2 * (1 - truth), questions)
        gold = (rng.random(question.size) < easy[question]).astype(int)
        judge = (rng.random(question.size) < accepts[gold]).astype(int)
        rows = judge.astype(float), gold.astype(float), question < labelled, judge
        for how, cluster in (("clustered", question), ("as if independent", np.arange(question.size))):
            sample = Sample(*rows, Clusters.of(cluster))
            for name, estimator in (("labels", labels_only), ("ppi++", ppi), ("post-strat", post_stratified)):
                found = estimator(sample)
                if found.value is None or found.low is None or found.high is None:
                    continue
                covered = found.low <= truth <= found.high
                errors.setdefault(f"{name}, {how}", []).append((found.value - truth, covered, found.high - found.low))
    return _summary(errors)


def chosen(
    share: float, judge: tuple[float, float], *, simulations: int, labels: int, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Labels alone, post-stratification, and the narrower of the two, for a judge's TPR and TNR."""
    rng = np.random.default_rng(seed)
    errors: dict[str, list[tuple[float, bool, float]]] = {}
    for _ in range(simulations):
        gold = (rng.random(11 * labels) < share).astype(float)
        said = np.where(rng.random(gold.size) < np.where(gold == 1, *judge), gold, 1 - gold)
        sample = Sample.of(gold[:labels], said[:labels], said[labels:])
        found = {"labels": labels_only(sample), "post-strat": post_stratified(sample)}
        widths = {name: one.high - one.low for name, one in found.items() if one.low is not None}
        found["narrower"] = found[min(widths, key=lambda name: widths[name])]
        for name, one in found.items():
            if one.low is not None:
                row = (one.value - share, one.low <= share <= one.high, one.high - one.low)
                errors.setdefault(name, []).append(row)
    return _summary(errors)


def matrix(
    shares: tuple[float, ...], accuracy: float, *, simulations: int, labels: int, seed: int = 0
) -> tuple[float, float, float]:
    """Undefined, coverage and median width of the matrix method's share of the first label; 1,000 measured items."""
    rng = np.random.default_rng(seed)
    kinds = len(shares)
    judge = np.full((kinds, kinds), (1 - accuracy) / (kinds - 1))
    np.fill_diagonal(judge, accuracy)
    found = []
    for _ in range(simulations):
        calibration = rng.multinomial(labels, (np.array(shares)[:, None] * judge).ravel()).reshape(kinds, kinds)
        if calibration[0].any():
            found.append(matrix_mean(calibration, rng.multinomial(1000, shares @ judge), np.eye(kinds)[0]))
    defined = [one for one in found if one.low is not None]
    inside = np.mean([one.low <= shares[0] <= one.high for one in defined])
    return 1 - len(defined) / len(found), float(inside), float(np.median([one.high - one.low for one in defined]))


def _summary(errors: dict[str, list[tuple[float, bool, float]]]) -> dict[str, tuple[float, float, float]]:
    return {
        name: (
            float(np.sqrt(np.mean([error**2 for error, _, _ in rows]))),
            float(np.mean([covered for _, covered, _ in rows])),
            float(np.mean([width for _, _, width in rows])),
        )
        for name, rows in errors.items()
    }


def near_one(simulations: int, seed: int) -> None:
    """Print the table of shares near 1."""
    print("\na share near 1: labels alone, or post-stratification; ten other rows a label")
    print(f"{'share, TPR, TNR':18}{'labels':>7}  {'estimator':12}{'rmse':>8}{'coverage':>10}{'width':>8}")
    for share in (0.5, 0.9, 0.95, 0.98, 0.99):
        for rates in ((0.9, 0.9), (0.98, 0.8), (0.7, 0.7)):
            for labels in (60, 200):
                made = chosen(share, rates, simulations=simulations, labels=labels, seed=seed)
                for name, (rmse, coverage, width) in made.items():
                    told = f"{share}, {rates[0]}, {rates[1]}"
                    print(f"{told:18}{labels:7}  {name:12}{rmse:8.4f}{coverage:10.3f}{width:8.4f}", flush=True)


def rare(simulations: int, seed: int) -> None:
    """Print the table of the matrix method."""
    print("\nthe matrix method's share of the rarest label")
    print(f"{'shares':26}{'accuracy':>9}{'labels':>8}{'undefined':>11}{'coverage':>10}{'width':>8}")
    for shares in ((0.05, 0.95), (0.05, 0.15, 0.8), (0.05, 0.1, 0.2, 0.3, 0.35)):
        for accuracy in (0.7, 0.8, 0.95, 0.99):
            for labels in (60, 200):
                row = matrix(shares, accuracy, simulations=simulations, labels=labels, seed=seed)
                print(f"{shares!s:26}{accuracy:9}{labels:8}{row[0]:11.3f}{row[1]:10.3f}{row[2]:8.4f}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("simulations", 2000), ("labels", 100), ("unlabelled", 1000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = vars(parser.parse_args())
    for transfer in (False, True):
        print("calibration on another mix" if transfer else "a random labelled subset")
        print(f"{'judge':12}{'estimator':14}{'rmse':>8}{'coverage':>10}{'width':>8}")
        for judge, table in TABLES.items():
            for name, (rmse, coverage, width) in simulate(table, transfer=transfer, **options).items():
                if not transfer or name in {"naive", "rogan-gladen"}:
                    print(f"{judge:12}{name:14}{rmse:8.4f}{coverage:10.3f}{width:8.4f}")
        print()
    print("a random fifth of the questions is labelled; five rows a question")
    print(f"{'judge':12}{'estimator':24}{'rmse':>8}{'coverage':>10}{'width':>8}")
    for judge, table in TABLES.items():
        found = simulate_clusters(
            table, simulations=options["simulations"], questions=200, labelled=40, seed=options["seed"]
        )
        for name, (rmse, coverage, width) in found.items():
            print(f"{judge:12}{name:24}{rmse:8.4f}{coverage:10.3f}{width:8.4f}")
    near_one(options["simulations"], options["seed"])
    rare(options["simulations"], options["seed"])


if __name__ == "__main__":
    main()
