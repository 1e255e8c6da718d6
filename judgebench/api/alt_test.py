"""``judgebench.alt_test``: whether a judge may take the place of a human annotator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Unpack

from judgebench.api.columns import Columns
from judgebench.api.labelling import open_labels
from judgebench.api.leaving_out import Leaving, WithoutPeople
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.source import is_given
from judgebench.api.sources import open_sources
from judgebench.api.tables import Labels, LabelsMode, OwnLabels, Policy, Source
from judgebench.errors import UsageError, argument
from judgebench.report.alt_test import AltTests, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.domain import Policies, Ratings

    Opened: TypeAlias = tuple[str, str, str, str, Policies, Ratings]


@question
def alt_test(
    source: Source = None,
    *,
    data: Annotated[
        str | Path | None,
        Option("Folder of human_annotations.json and llm_annotations.json.", metavar="DIR", read=Path),
    ] = None,
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    epsilon: Annotated[
        float | None,
        Option(
            "How much worse than the annotator the judge may be; by default as the task's card says, or expert .2, "
            "human .15, crowd or unspecified .1.",
            metavar="E",
        ),
    ] = None,
    scoring: Annotated[
        Literal["accuracy", "neg-rmse"] | None,
        Option("How labels are compared; by default as the task's card says, or neg-rmse for numeric ratings."),
    ] = None,
    q: Annotated[float, Option("False discovery rate (Benjamini-Yekutieli).")] = 0.05,
    min_items: Annotated[int, Option("Fewest items that an annotator needs.", metavar="N")] = 30,
    small: Annotated[
        Literal["skip", "wilcoxon"],
        Option("Annotators with fewer items: skip them, or use Wilcoxon's signed-rank test."),
    ] = "skip",
    sweep: Annotated[bool, Option("Add the winning rate for every epsilon from 0 to .3.")] = False,
    without: WithoutPeople = None,
    policy: Policy = (),
    **table: Unpack[Labels],
) -> AltTests:
    """Test whether a judge can take a person's place (the alternative annotator test).

    Reads runs, a table with a --gold-col per annotator, or with --data a folder of human_annotations.json and
    llm_annotations.json, each {annotator: {item: label}}.
    """
    from judgebench.agreement.alt_test.judges import differences  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.alt_test.ratings import (  # noqa: PLC0415 - loaded on use
        alt_test_ratings,
        default_epsilon,
        epsilon_sweep,
    )

    policies = policies_of(policy)
    if odd := [setting for setting in policies if setting.partition("=")[0].strip() in {"tie", "gold"}]:
        raise UsageError(
            f"{argument('policy')} {odd[0]}: alt-test takes every annotator's label as it is; only order and "
            "invalid apply"
        )
    beside = open_labels(labels, labels_mode, table, usual="add")
    leave = Leaving(without)
    opened = [(*one[:5], leave(one[5])) for one in _opened(source, data, table, beside, policies)]
    leave.check()
    several = [one for one in opened if len(one[5].annotators) > 1]
    fit = several or opened
    for task in dict.fromkeys(one[0] for one in opened if several and len(one[5].annotators) < 2):
        tell(f"left out {task}: it has one annotator, and the test compares a judge and one annotator with the others")
    tests: list[Entry] = []
    for task, judge, who, revision, own, ratings in fit:
        # A card may say what its benchmark's own test takes.
        card = _of_card(task)
        said: dict[str, Any] = {"epsilon": default_epsilon(who), **card}
        margin: float = said["epsilon"]
        because: Literal["option", "card", "gold"] = "card" if "epsilon" in card else "gold"
        if epsilon is not None:
            margin, because = epsilon, "option"
        how = scoring or said.get("scoring")
        found = alt_test_ratings(ratings, own, epsilon=margin, scoring=how, q=q, min_items=min_items, small=small)
        swept = epsilon_sweep(ratings, own, scoring=how, q=q, min_items=min_items, small=small) if sweep else ()
        tests.append(Entry(task, judge, who, revision, own, found, swept, because))
    pairs = differences([(one[0], one[5], test.result) for one, test in zip(fit, tests, strict=True)])
    return AltTests(tuple(tests), tuple(pairs))


def _of_card(task: str) -> dict[str, Any]:
    """Epsilon and scoring, where the card of a task or its split says them."""
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    name, _, split = task.partition(":")
    if name not in card_names() or split not in {"", *(card := load_card(name)).splits}:
        return {}
    said = {**card.form, **card.split(split).form}
    return {key: said[key] for key in ("epsilon", "scoring") if key in said}


def _opened(
    source: Any, data: str | Path | None, table: Labels, labels: Any, policies: Sequence[str]
) -> Iterator[Opened]:
    if data is None:
        for one in open_sources(source, table, labels=labels):
            yield one.task, one.judge, one.gold, one.revision, one.policies(policies), one.ratings()
        return
    from judgebench.domain import Policies  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.annotated import folders, read_folder  # noqa: PLC0415 - loaded on use

    if is_given(source):
        raise UsageError(f"give run folders, {argument('csv')} FILE or {argument('data')} DIR: one of them")
    columns = Columns.of(table)
    if foreign := [one for one in columns.options if one != argument("scale")]:
        raise UsageError(
            f"{argument('data')} has annotators, items and labels, and no columns: {', '.join(foreign)} describe a "
            f"{argument('csv')} FILE (a long one, with {argument('long')}, may have clusters, too)"
        )
    scale = columns.scale
    for folder in folders(Path(data)):
        read = read_folder(folder, scale)
        for judge, ratings in read.judges.items():
            gold = table.get("gold_source") or "unspecified"
            yield read.name, judge, gold, read.revision, Policies(order="single").override(policies), ratings
