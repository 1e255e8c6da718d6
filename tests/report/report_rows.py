"""Rows of agreement for the tests of this folder."""

from __future__ import annotations

from hypothesis import strategies as st

from judgebench.domain import Agreement, Estimate, Policies, Usage
from judgebench.report.leaderboard.board import Leaderboard

_share = st.floats(0, 1)
_signed = st.floats(-1, 1)
names = st.text(st.characters(exclude_categories=()), max_size=60)
estimates = st.one_of(
    st.builds(
        lambda v: Estimate(v[1], v[0], v[2], 99),
        st.tuples(_signed, _signed, _signed).map(sorted),
    ),
    st.sampled_from(["no_items", "no_variation", "too_few_items", "something_new"]).map(Estimate.missing),
    st.builds(lambda v: Estimate(v, None, None, 7), _signed),
)


def one_row() -> Agreement:
    """The recorded gpt-3.5-turbo of PandaLM, roughly."""
    return Agreement(
        task="pandalm",
        judge="replay/gpt-3.5-turbo",
        subset="all",
        gold="human",
        items=999,
        coverage=0.975,
        policies=Policies("single", "class", "tie", "majority"),
        metrics={
            "percent_agreement": Estimate(0.7107, 0.682, 0.738, 999),
            "cohen_kappa": Estimate(0.4958, 0.45, 0.5402, 999),
            "krippendorff_alpha": Estimate(0.48971, 0.44, 0.54, 999),
            "spearman_rho": Estimate.missing("no_order", 999),
        },
        ceiling={"cohen_kappa": Estimate(0.8642, 0.83, 0.89, 999)},
        usage=Usage(0, 0, None),
        statuses={"ok": 974, "unparsed": 25},
        base_rates={"gold": {"1": 0.422, "tie": 0.105, "2": 0.473}, "judge": {"1": 0.5, "tie": 0.1, "2": 0.4}},
        revision="data:0123456789ab",
    )


def _metrics(known: list[str]) -> st.SearchStrategy[dict[str, Estimate]]:
    return st.dictionaries(st.sampled_from(known), estimates, max_size=len(known))


def rows(size: int = 5) -> st.SearchStrategy[list[Agreement]]:
    """Any rows a program could produce."""
    policies = st.builds(
        Policies,
        st.sampled_from(["single", "mean", "both-right"]),
        st.sampled_from(["class", "half"]),
        st.sampled_from(["wrong", "tie"]),
        st.sampled_from(["majority", "each"]),
    )
    row = st.builds(
        Agreement,
        task=names,
        judge=names,
        subset=st.one_of(st.just("all"), names),
        gold=st.sampled_from(["human", "expert", "verifier", "model", "mixed"]),
        items=st.integers(1, 10**6),
        coverage=_share,
        policies=policies,
        metrics=_metrics(["percent_agreement", "cohen_kappa", "krippendorff_alpha", "spearman_rho"]),
        ceiling=_metrics(["cohen_kappa"]),
        bias=_metrics(["position_consistency"]),
        usage=st.builds(Usage, st.integers(0, 10**9), st.integers(0, 10**9), st.none() | st.floats(0, 1e6)),
        statuses=st.dictionaries(st.sampled_from(["ok", "failed"]), st.integers(0, 99)),
        base_rates=st.dictionaries(st.just("gold"), st.dictionaries(names, _share, max_size=3)),
        warnings=st.lists(st.sampled_from(["prevalence", "few_clusters", "other_code"]), unique=True).map(tuple),
        revision=st.sampled_from(["data:1", "sample"]),
    )
    return st.lists(row, min_size=1, max_size=size)


def board(entries, form, *, width=120, overall=None):
    """Write a leaderboard, all there is to say of it."""
    return Leaderboard(tuple(entries), overall).render(form, width=width, explain=True)
