"""The headline under every convention, as a document."""

from __future__ import annotations

import json

import numpy as np
from documents import breaks, document

from judgebench.agreement.context import sensitivity
from judgebench.domain import Policies, Ratings, Scale
from judgebench.report.sensitivity import Sensitivity, Variant


def lines(**changes: object) -> tuple[Variant, ...]:
    rng = np.random.default_rng(3)
    gold = rng.integers(0, 3, (40, 2))
    rows, none = np.arange(40), np.zeros(40, dtype=int)
    judge = np.where(rng.random(40) < 0.7, gold[:, 0], -1)
    given = Ratings(
        scale=Scale.pair(), judge=judge, gold=gold, annotators=("h", "i"), item=rows, cluster=rows, game=none,
        swapped=none > 0, subset=none, subsets=("",), system=none, systems=("",),
    )  # fmt: skip
    return tuple(
        Variant("task", "judge", policies, size, policies == Policies(order="single"), metrics, **changes)
        for policies, size, metrics in sensitivity(given)
    )


def test_the_document_fits_its_schema() -> None:
    found = document(Sensitivity(lines()).render("json"))
    assert found["schema"] == Sensitivity.SCHEMA
    assert len(found["rows"]) > 20
    row = found["rows"][0]
    for wrong in ({"own": "yes"}, {"policies": {"order": "single"}}, {"metrics": {"accuracy": 0.5}}, {"rows": 0}):
        assert breaks(found | {"rows": [row | wrong]}), wrong


def test_a_warning_stands_in_every_form() -> None:
    short = lines(warnings=("incomplete_run",))
    assert all(row["warnings"] == ["incomplete_run"] for row in json.loads(Sensitivity(short).render("json"))["rows"])
    for form in ("table", "md"):
        text = " ".join(Sensitivity(short).render(form, explain=True).split())
        assert text.count("Careful: judge on task: the run holds fewer verdicts") == 1
        assert "Careful" not in Sensitivity(lines()).render(form, explain=True)
    assert Sensitivity(short).render().startswith("Incomplete: judge ")
    head, first, *_ = Sensitivity(short).render("csv").splitlines()
    assert head.endswith(",warnings")
    assert first.endswith(",incomplete_run")
