"""The alternative annotator test in words."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from judgebench.agreement.alt_test.ratings import EPSILONS
from judgebench.domain.shapes import (
    COUNT,
    ESTIMATE,
    FLAG,
    NUMBER,
    POLICIES,
    SHARE,
    TEXT,
    TEXTS,
    ListOf,
    choice,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.briefs.alt_test import brief
from judgebench.report.document.blocks import Field, Sentences, Table, columns_of, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, decimal, interval, p_value, share, words_of
from judgebench.report.words import task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.alt_test.codes import AltTest, Replaced
    from judgebench.agreement.alt_test.judges import JudgeDifference
    from judgebench.domain import Estimate, Policies
    from judgebench.report.document.blocks import Block, Fields, Sheet
    from judgebench.report.document.brief import Brief

__all__ = ["AltTests", "Entry"]

_WARNINGS = {
    "few_annotators": "fewer than 3 annotators: a winning rate of these few says little",
    "few_items": "fewer than 50 items: the test has little power",
    "many_ties": "on most items judge and annotator are equally close to the others, and a tie counts for both: read "
    "the advantage probability beside the share of ties",
    "majority_passes": "a judge who always gives the most frequent label passes, too: these labels are too skewed for "
    "this test to tell a judge from a constant",
    "clustered": "items share clusters, and the published test takes them for independent: read the cluster-robust "
    "winning rate",
    "no_spread": "judge and annotator differ by the same on every item, so there is no t test: below epsilon the judge "
    "wins, else not",
    "unanswered": "the judge gave no verdict on some items and loses there (--policy invalid=drop leaves them out, as "
    "the published code does)",
    "one_decides": "one annotator decides: without them the test says otherwise, so look at their labels first",
    "some_turns": "only those annotators who agree with the others least or most were left out in turn",
    "left_out_annotators": "annotators with too few items are left out (--min-items; --small wilcoxon tests them)",
}
_METHOD = (
    "For each annotator: is the judge at least as close to the other annotators, give or take epsilon? One-sided t "
    "tests, adjusted by Benjamini and Yekutieli. The winning rate is the share of annotators whom the judge may "
    "replace; half passes."
)
_ADVANTAGE = (
    "Advantage: how often the judge is at least as close to the others as the annotator (mean over annotators; ties "
    "count). Brackets hold 95 % intervals over items, or clusters of items, for these annotators only."
)
_MAJORITY = "Constant: advantage of a judge who always gives the annotators' most frequent label."
_SWEEP = "Winning rate by epsilon. A verdict that holds at one epsilon only is a verdict on epsilon."
_PAIRS = "Differences of advantage on the same items, paired; Holm over all pairs."


class Entry(NamedTuple):
    """One judge's test; ``sweep`` holds the winning rate by epsilon, or nothing.

    ``because`` says what chose epsilon: the option, the task's card, or who gave the gold labels.
    """

    task: str
    judge: str
    gold: str
    revision: str
    policies: Policies
    result: AltTest
    sweep: tuple[tuple[float, Estimate], ...] = ()
    because: Literal["option", "card", "gold"] = "option"


_ANNOTATOR = record(
    "annotator",
    "An annotator: on which share of items the judge (the annotator) is at least as close to the others, and the test.",
    name=TEXT,
    n=COUNT,
    judge=maybe(SHARE),
    human=maybe(SHARE),
    ties=maybe(SHARE),
    p=maybe(SHARE),
    adjusted=maybe(SHARE),
    wins=maybe(FLAG),
    clustered=(maybe(SHARE), None, "p by clusters of items, where items share any."),
    test=choice("t", "wilcoxon", ""),
)
_CONSTANT = record(
    winning_rate=(maybe(SHARE), lambda two: two[0]), advantage_probability=(maybe(SHARE), lambda two: two[1])
)
_WITHOUT = record(
    "without",
    "The test where one annotator's labels are left out.",
    annotator=(TEXT, lambda one: one.name),
    winning_rate=(maybe(SHARE), lambda one: one.winning_rate.value),
    clustered_winning_rate=(maybe(SHARE), lambda one: one.clustered_rate.value),
    passed=maybe(FLAG),
)
_STEP = record(epsilon=(NUMBER, lambda step: step[0]), winning_rate=(maybe(SHARE), lambda step: step[1].value))
_ROW = record(
    "row",
    task=TEXT,
    **judge_keys(),
    gold=TEXT,
    revision=TEXT,
    policies=POLICIES.only("order", "invalid"),
    epsilon=(SHARE, lambda t: t.result.epsilon),
    q=(NUMBER, lambda t: t.result.q),
    scoring=(choice("accuracy", "neg-rmse"), lambda t: t.result.scoring),
    items=(COUNT, lambda t: t.result.items),
    passed=(maybe(FLAG), lambda t: t.result.passed),
    stands=(maybe(FLAG), lambda t: t.result.stands, "Whether passed is the same without each annotator in turn."),
    deciding=(TEXTS, lambda t: t.result.deciding, "Annotators without whom it is not."),
    without=(ListOf(_WITHOUT), lambda t: t.result.without, "Without each annotator in turn; empty below four."),
    winning_rate=(ESTIMATE, lambda t: t.result.winning_rate),
    clustered_winning_rate=(ESTIMATE, lambda t: t.result.clustered_rate),
    advantage_probability=(ESTIMATE, lambda t: t.result.advantage),
    ties=(maybe(SHARE), lambda t: t.result.ties),
    constant_judge=(maybe(_CONSTANT), lambda t: t.result.majority),
    annotators=(ListOf(_ANNOTATOR), lambda t: t.result.annotators),
    sweep=ListOf(_STEP),
    warnings=(TEXTS, lambda t: t.result.warnings),
)
_PAIR = record(
    "pair",
    "The first judge's advantage probability less the second's, paired.",
    task=(TEXT, lambda d: d[0].task),
    first=(TEXT, lambda d: d[0].judge),
    second=(TEXT, lambda d: d[1].judge),
    difference=(ESTIMATE, lambda d: d[2].estimate),
    p=(maybe(SHARE), lambda d: d[2].p),
    adjusted=(maybe(SHARE), lambda d: d[2].adjusted),
)
#: A row ``(all)`` per judge, then one per annotator (None for the judge's own).
_SHEET: Mapping[str, Callable[[tuple[Entry, Replaced | None]], Any]] = {
    **columns_of(_ROW, "task judge gold epsilon q scoring", itemgetter(0)),
    "annotator": lambda x: x[1].name if x[1] else "(all)",
    "items": lambda x: x[1].n if x[1] else x[0].result.items,
    "winning_rate": lambda x: None if x[1] else x[0].result.winning_rate.value,
    "clustered_rate": lambda x: None if x[1] else x[0].result.clustered_rate.value,
    "passed": lambda x: x[1].wins if x[1] else x[0].result.passed,
    "stands": lambda x: None if x[1] else x[0].result.stands,
    "rate_without": lambda x: x[1] and _rate_without(x[0].result, x[1].name),
    "advantage": lambda x: x[1].judge if x[1] else x[0].result.advantage.value,
    "advantage_low": lambda x: None if x[1] else x[0].result.advantage.low,
    "advantage_high": lambda x: None if x[1] else x[0].result.advantage.high,
    "human_advantage": lambda x: x[1] and x[1].human,
    "ties": lambda x: (x[1] or x[0].result).ties,
    "p": lambda x: x[1] and x[1].p,
    "adjusted": lambda x: x[1] and x[1].adjusted,
    "clustered_p": lambda x: x[1] and x[1].clustered,
    "test": lambda x: x[1] and (x[1].test or "left out"),
    "warnings": lambda x: None if x[1] else x[0].result.warnings,
}


def _rate_without(result: AltTest, name: str) -> float | None:
    return next((one.winning_rate.value for one in result.without if one.name == name), None)


def _stands(result: AltTest) -> str:
    if result.deciding:
        more = f" +{len(result.deciding) - 1}" if result.deciding[1:] else ""
        return f"another without {clean(result.deciding[0])}{more}"
    return "the same" if result.stands else NONE


_TEST: Fields[Entry] = (
    Field("task", task_of, right=False),
    Field("judge", lambda t: t.judge, right=False),
    Field("annotators", lambda t: t.result.winning_rate.n),
    Field("items", lambda t: t.result.items),
    Field("winning rate", lambda t: share(t.result.winning_rate.value, 2), right=False),
    Field("clustered", lambda t: share(t.result.clustered_rate.value, 2), right=False),
    Field("passes", lambda t: t.result.passed, right=False),
    Field("without each", lambda t: _stands(t.result), right=False),
    Field("advantage", lambda t: interval(t.result.advantage), right=False),
    Field("ties", lambda t: share(None if t.result.advantage.value is None else t.result.ties, 2), right=False),
    Field("constant", lambda t: share(t.result.majority and t.result.majority[1]), right=False),
)
_ONE: Fields[tuple[Entry, Replaced]] = (
    Field("judge", lambda x: x[0].judge, right=False),
    Field("annotator", lambda x: x[1].name, right=False),
    Field("items", lambda x: x[1].n),
    Field("judge as close", lambda x: x[1].judge, right=False),
    Field("human as close", lambda x: x[1].human, right=False),
    Field("ties", lambda x: x[1].ties, right=False),
    Field("p", lambda x: p_value(x[1].p, 4) + (" (Wilcoxon)" if x[1].test == "wilcoxon" else ""), right=False),
    Field("adjusted", lambda x: p_value(x[1].adjusted, 4), right=False),
    Field("clustered p", lambda x: p_value(x[1].clustered, 4), right=False),
    Field("rate without", lambda x: share(_rate_without(x[0].result, x[1].name), 2), right=False),
    Field("wins", lambda x: "left out" if x[1].wins is None else x[1].wins, right=False),
)
_VERSUS: Fields[tuple[Entry, Entry, JudgeDifference]] = (
    Field("judge", lambda d: d[0].judge, right=False),
    Field("less", lambda d: d[1].judge, right=False),
    Field("advantage", lambda d: interval(d[2].estimate), right=False),
    Field("p", lambda d: p_value(d[2].p, 4), right=False),
    Field("Holm", lambda d: p_value(d[2].adjusted, 4), right=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class AltTests(Document):
    """The tests of some judges, and paired differences between them (by position)."""

    tests: tuple[Entry, ...]
    pairs: tuple[JudgeDifference, ...] = ()

    SCHEMA = "judgebench.alt-test/1"
    SHAPE = record(
        "",
        "The alternative annotator test of judges: shares are fractions, p-values as they are.",
        rows=(ListOf(_ROW), lambda found: found.tests),
        pairs=(ListOf(_PAIR), lambda found: found.versus),
    )

    @property
    def versus(self) -> list[tuple[Entry, Entry, JudgeDifference]]:
        """The differences with the tests that they are about."""
        return [(self.tests[pair.first], self.tests[pair.second], pair) for pair in self.pairs]

    def sheet(self) -> Sheet:
        return sheet(_SHEET, ((test, one) for test in self.tests for one in (None, *test.result.annotators)))

    def brief(self) -> Brief:
        named = [(task_of(test), test.judge, test.result) for test in self.tests]
        return brief(named, [test.sweep for test in self.tests], _margin(self.tests))

    def blocks(self) -> Iterator[Block]:
        yield Sentences(tuple(map(_sentence, self.tests)))
        yield Table(grid(_TEST, self.tests, _remarks(self.tests)))
        every = [(test, one) for test in self.tests for one in test.result.annotators]
        clustered = any(one.clustered is not None for _, one in every)
        yield Table(grid([one for one in _ONE if clustered or one.title != "clustered p"], every))
        if steps := next((test.sweep for test in self.tests if test.sweep), ()):
            rates = [_rate(i, epsilon) for i, (epsilon, _) in enumerate(steps)]
            yield Table(grid([*_TEST[:2], *rates], self.tests, [_SWEEP]))
        if self.pairs:
            yield Table(grid(_VERSUS, self.versus, [_PAIRS]))


def _margin(tests: Sequence[Entry]) -> str:
    """Say how much worse than a person a judge may be, and why, where nobody chose it and it is one for all."""
    known = {(test.result.epsilon, test.because, test.gold) for test in tests}
    epsilon, because, gold = min(known)
    if len(known) > 1 or because == "option":
        return ""
    level = f"“Level” is give or take {decimal(epsilon, 2)}"
    if because == "card":
        return f"{level}, as the task's card says."
    if gold in EPSILONS:
        who = {"expert": "experts", "human": "people", "crowd": "crowd workers"}[gold]
        return f"{level}, as the test's paper takes for {who}; --epsilon sets another."
    human = decimal(EPSILONS["human"], 2)
    return f"{level}, as nobody says who gave the labels: --gold human takes {human}."


def _rate(step: int, epsilon: float) -> Field[Entry]:
    return Field(f"eps {epsilon:g}", lambda t: share(t.sweep[step][1].value, 2))


def _sentence(test: Entry) -> str:
    """Say what it means."""
    result = test.result
    who = f"{clean(test.judge)} on {task_of(test)}"
    rate, advantage = result.winning_rate, result.advantage
    if rate.value is None or advantage.value is None:
        return f"{who}: no annotator has enough items to be tested, so nothing can be said (--min-items)."
    wins, people = result.level
    verdict = "passes" if result.passed else "doesn't pass"
    if result.deciding and result.passed:
        verdict = "passes only if no annotator is left out"
    but = ""
    if result.passed_clustered not in {None, result.passed}:
        robust = share(result.clustered_rate.value, 2)
        but = f" Where items that belong together count as one, the rate is {robust}, which says otherwise."
    if result.deciding:
        rates = [f"{clean(name)} ({decimal(_rate_without(result, name) or 0.0, 2)})" for name in result.deciding[:3]]
        more = f" and {len(result.deciding) - 3} others" if len(result.deciding) > 3 else ""
        but += f" The test says otherwise without {', or without '.join(rates)}{more}."
    elif result.stands:
        but += " The same holds without each annotator in turn."
    return (
        f"{who} {verdict} at epsilon {result.epsilon:g}: it wins against {wins} of {people} (winning rate "
        f"{decimal(rate.value, 2)}, .5 passes), and is at least as close to the others as the one it "
        f"replaces in {100 * advantage.value:.1f} % of comparisons.{but}"
    )


def _remarks(tests: tuple[Entry, ...]) -> list[str]:
    remarks = dict.fromkeys([_METHOD, _ADVANTAGE, _MAJORITY])
    for test in tests:
        result = test.result
        how = f"{task_of(test)}: epsilon {result.epsilon:g} ({clean(test.gold)} labels)"
        policies = f"order={test.policies.order} invalid={test.policies.invalid}"
        remarks[f"{how}, q {result.q:g}, scoring {result.scoring}; {policies}"] = None
    for code in dict.fromkeys(code for test in tests for code in test.result.warnings):
        judges = [clean(test.judge) for test in tests if code in test.result.warnings]
        named = "" if len(judges) == len(tests) else f"{', '.join(dict.fromkeys(judges))}: "
        remarks[f"{named}{words_of(code, _WARNINGS)}"] = None
    return list(remarks)
