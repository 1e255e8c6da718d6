"""Bradley-Terry strengths: published values, other libraries, and games that give no finite strength."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import assume, given
from hypothesis import strategies as st

from judgebench.stats.coefficients.bradley_terry import Games, bradley_terry, connected, strength_influences, strengths
from judgebench.stats.influence import Clusters

#: Stigler (1994), Citation patterns in the journals of statistics and probability; the row is cited.
JOURNALS = [[0, 730, 498, 221], [33, 0, 68, 17], [320, 813, 0, 142], [284, 276, 325, 0]]


def tables(draw, size=4, top=9):
    k = draw(st.integers(3, size))
    wins = np.array(draw(st.lists(st.integers(0, top), min_size=k * k, max_size=k * k)), dtype=float).reshape(k, k)
    ties = np.array(draw(st.lists(st.integers(0, top), min_size=k * k, max_size=k * k)), dtype=float).reshape(k, k)
    np.fill_diagonal(wins, 0)
    return wins, np.triu(ties, 1) + np.triu(ties, 1).T


games = st.composite(tables)()


def log_likelihood(theta, tie, wins, ties, model):
    """Sum over games, from the models' own formulas."""
    total = 0.0
    strength = np.exp(theta)
    for i, j in zip(*np.triu_indices(len(wins), 1), strict=True):
        a, b = strength[i], strength[j]
        if model == "davidson":
            draw = tie * np.sqrt(a * b)
            chances = np.array([a, b, draw]) / (a + b + draw)
        else:
            chances = np.array([a / (a + tie * b), b / (b + tie * a), 0.0])
            chances[2] = 1 - chances.sum()
        counts = np.array([wins[i, j], wins[j, i], ties[i, j]])
        total += float(counts[counts > 0] @ np.log(chances[counts > 0]))
    return total


def test_citations_of_journals_as_published():
    # BradleyTerry2's vignette; reference §5.
    values, errors = bradley_terry(Games.of(JOURNALS)).relative_to(0)
    assert values[1:] == pytest.approx([-2.949072496844, -0.479569769752, 0.268954055819], abs=1e-12)
    # R's errors are those before its last step, some 1e-10 away.
    assert errors[1:] == pytest.approx([0.1025453353699, 0.0605887292396, 0.0708299651057], abs=1e-9)


@quick
@given(games)
def test_evalica_and_choix_find_the_same_strengths(case):
    import choix
    import evalica

    wins, ties = case
    assume(connected(Games.of(wins, ties)))
    found = bradley_terry(Games.of(wins, ties)).strengths
    assert found.sum() == pytest.approx(0, abs=1e-10)
    whole = wins + ties / 2
    # choix counts whole wins only.
    by_choix = choix.ilsr_pairwise_dense(2 * whole, tol=1e-12)
    assert found == pytest.approx(by_choix - by_choix.mean(), abs=1e-6)
    k = len(wins)
    rows = [(i, j, evalica.Winner.X, whole[i, j]) for i in range(k) for j in range(k) if whole[i, j] > 0]
    scores = evalica.bradley_terry(
        [f"s{i}" for i, *_ in rows],
        [f"s{j}" for _, j, *_ in rows],
        [winner for *_, winner, _ in rows],
        weights=[weight for *_, weight in rows],
        tolerance=1e-13,
        limit=20_000,
    ).scores
    by_evalica = np.log([scores[f"s{i}"] for i in range(k)])
    assert found == pytest.approx(by_evalica - by_evalica.mean(), abs=1e-6)


@pytest.mark.parametrize("model", ["davidson", "rao-kupper"])
@quick
@given(case=games)
def test_tie_models_have_the_highest_likelihood(model, case):
    from scipy.optimize import minimize

    wins, ties = case
    assume(connected(Games.of(wins, ties), model) and ties.any())
    fit = bradley_terry(Games.of(wins, ties), ties=model)
    best = log_likelihood(fit.strengths, fit.tie, wins, ties, model)

    def loss(x):
        tie = np.exp(x[-1]) if model == "davidson" else 1 + np.exp(x[-1])
        return -log_likelihood(np.append(x[:-1], 0.0), tie, wins, ties, model)

    start = np.append(fit.strengths[:-1] * 0.5, 0.0)
    other = minimize(loss, start, method="BFGS", options={"gtol": 1e-6})
    assert best >= -other.fun - 1e-7
    # BFGS may stop early where the likelihood is flat; where it ends as high, it is at the same place.
    theta = np.append(other.x[:-1], 0.0)
    if -other.fun > best - 1e-9:
        assert fit.strengths == pytest.approx(theta - theta.mean(), abs=2e-3)


def test_standard_errors_are_those_of_a_logistic_regression_and_its_clustered_sandwich():
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    n, k = 400, 4
    first = rng.integers(0, k, n)
    second = (first + rng.integers(1, k, n)) % k
    won = (rng.random(n) < 1 / (1 + np.exp(-(np.arange(k)[first] - np.arange(k)[second]) / 2))).astype(int)
    cluster = rng.integers(0, 60, n)
    wins = np.zeros((k, k))
    np.add.at(wins, (np.where(won, first, second), np.where(won, second, first)), 1)
    fit = bradley_terry(Games.of(wins))
    design = np.eye(k)[first] - np.eye(k)[second]
    plain = sm.GLM(won, design[:, 1:], family=sm.families.Binomial()).fit(tol=1e-12)
    values, errors = fit.relative_to(0)
    assert values[1:] == pytest.approx(plain.params, abs=1e-8)
    assert errors[1:] == pytest.approx(plain.bse, abs=1e-8)
    robust = sm.GLM(won, design[:, 1:], family=sm.families.Binomial()).fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    clusters = Clusters.of(cluster)
    own = strength_influences(fit, first, second, 2 * won - 1, clusters)
    against = own[:, 1:] - own[:, :1]
    assert np.sqrt((against**2).sum(axis=0)) == pytest.approx(robust.bse, rel=1e-6)


@pytest.mark.parametrize("model", ["half", "davidson", "rao-kupper"])
@quick
@given(case=games, weight=st.integers(2, 5))
def test_pulls_are_the_derivative_by_the_weight_of_a_game(model, case, weight):
    wins, ties = case
    assume(connected(Games.of(wins, ties), model) and ties.any())
    fit = bradley_terry(Games.of(wins, ties), ties=model)
    k = len(wins)
    pairs = [(i, j) for i in range(k) for j in range(i + 1, k)]
    rows = [(i, j, r) for i, j in pairs for r, t in ((1, wins[i, j]), (-1, wins[j, i]), (0, ties[i, j])) if t]
    i, j, r = rows[weight % len(rows)]
    found = strength_influences(fit, np.array([i]), np.array([j]), np.array([r]), Clusters.of(np.zeros(1, dtype=int)))[
        0
    ]
    step = 1e-5
    moved = []
    for sign in (1, -1):
        more, drawn = wins.copy(), ties.copy()
        if r:
            more[(i, j) if r > 0 else (j, i)] += sign * step
        else:
            drawn[i, j] += sign * step
            drawn[j, i] += sign * step
        moved.append(bradley_terry(Games.of(more, drawn), ties=model).strengths)
    assert found == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=1e-3, abs=1e-5)


@quick
@given(games)
def test_many_tables_at_once_are_as_each_alone(case):
    wins, ties = case
    one = Games.of(wins, ties)
    several = Games(
        one.systems,
        one.first,
        one.second,
        np.stack([one.wins, one.losses, np.zeros_like(one.wins)]),
        np.stack([one.losses, one.wins, one.losses]),
        np.stack([one.ties, one.ties, np.zeros_like(one.ties)]),
    )
    for model in ("half", "davidson", "rao-kupper"):
        found, fine = strengths(several, ties=model)
        for row in range(3):
            alone = Games(one.systems, one.first, one.second, several.wins[row], several.losses[row], several.ties[row])
            if not fine[row]:
                assert (found[row] == 0).all()
                continue
            assert found[row] == pytest.approx(bradley_terry(alone, ties=model).strengths, abs=1e-8)
        if fine[0]:
            assert found[1] == pytest.approx(-found[0], abs=1e-8)


@quick
@given(games)
def test_connected_is_ford_s_condition(case):
    from scipy.sparse.csgraph import connected_components

    wins, ties = case
    parts, _ = connected_components(wins + ties > 0, directed=True, connection="strong")
    assert bool(connected(Games.of(wins, ties))) == (parts == 1)


UNDEFEATED = [[0, 3, 2], [0, 0, 1], [0, 2, 0]]
STRANGERS = [[0, 1, 0, 0], [2, 0, 0, 0], [0, 0, 0, 1], [0, 0, 3, 0]]


@pytest.mark.parametrize("wins", [UNDEFEATED, STRANGERS])
def test_what_has_no_finite_strength_is_refused_and_a_phantom_makes_it_finite(wins):
    """Other tools return 1e-6 or 1.0 throughout here."""
    with pytest.raises(ValueError, match="no finite strengths"):
        bradley_terry(Games.of(wins))
    found = bradley_terry(Games.of(wins), phantom=True)
    assert np.isfinite(found.strengths).all()
    assert np.isfinite(found.se).all()
    assert found.strengths.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("model", ["davidson", "rao-kupper"])
@pytest.mark.parametrize(
    ("wins", "ties", "exists"),
    [
        ([[0, 0], [0, 0]], [[0, 4], [4, 0]], False),  # nothing but ties
        ([[0, 3], [0, 0]], [[0, 4], [4, 0]], False),  # every chain back is a tie for each win
        ([[0, 3], [1, 0]], [[0, 4], [4, 0]], True),
        ([[0, 3, 0], [0, 0, 2], [0, 0, 0]], [[0, 0, 1], [0, 0, 0], [1, 0, 0]], True),  # two wins, one tie, round
        ([[0, 3, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 1], [0, 0, 1], [1, 1, 0]], False),  # one win, two ties, round
    ],
)
def test_tie_models_need_wins_that_come_round(model, wins, ties, exists):
    games = Games.of(wins, ties)
    assert bool(connected(games))
    assert bool(connected(games, model)) == exists
    assert bool(connected(games.with_phantom(), model))
    if exists:
        assert np.abs(bradley_terry(games, ties=model).strengths).max() < 10
        return
    with pytest.raises(ValueError, match="no finite strengths"):
        bradley_terry(games, ties=model)
    # Indeed: the further out, the higher the likelihood.
    strength = np.array([1.0, 0.0] if len(wins) == 2 else [1.0, -1.0, 0.0])
    gap = (strength[0] - strength[1]) / (2 if model == "davidson" else 1)
    far = [
        log_likelihood(strength * reach, np.exp(gap * reach), np.array(wins), np.array(ties), model)
        for reach in (1, 2, 4)
    ]
    assert far[0] < far[1] < far[2]


def test_an_undefeated_system_stays_first_with_a_phantom():
    assert bradley_terry(Games.of(UNDEFEATED), phantom=True).strengths.argmax() == 0


def test_games_that_are_no_games():
    with pytest.raises(ValueError, match="square"):
        Games.of([[0, 1, 2], [1, 0, 2]])
    with pytest.raises(ValueError, match="not negative"):
        Games.of([[0, -1], [1, 0]])
    with pytest.raises(ValueError, match="symmetric"):
        Games.of([[0, 1], [1, 0]], [[0, 1], [2, 0]])
    with pytest.raises(ValueError, match="one of half"):
        bradley_terry(Games.of([[0, 1], [1, 0]]), ties="elo")
