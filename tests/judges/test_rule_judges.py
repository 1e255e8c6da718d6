"""Lexical judges and baselines."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from asking import asked
from hypothesis import given
from hypothesis import strategies as st

from judgebench.domain import Case, Item, Judge, Label, Reference, Response, Scale, Turn
from judgebench.errors import DataError, RejectedError, UnknownNameError, UsageError
from judgebench.judges import baselines

PAIR, PAIR2, CHECK, PICK = Scale.pair(), Scale.pair(2), Scale.check(), Scale.pick(3)


def item_of(*texts: str, gold: tuple = (), references: tuple[str, ...] = (), name: str = "i") -> Item:
    labels = tuple(Label(f"a{n}", code) for n, code in enumerate(gold))
    refs = tuple(Reference(text) for text in references)
    return Item(name, (Turn.of("user", "Q?"),), tuple(Response(t) for t in texts), labels, "human", references=refs)


def ask(judge, item: Item, scale: Scale, order: tuple[int, ...] | None = None, reference: str = "human"):
    case = Case(item, order or tuple(range(len(item.responses))), reference=reference)
    return asyncio.run(asked(judge, case, scale)).code


def ask_each(judge, items: list[Item], scale: Scale) -> list:
    async def main() -> list:
        return [await asked(judge, Case(item, tuple(range(len(item.responses)))), scale) for item in items]

    return [reply.code for reply in asyncio.run(main())]


# --- lexical ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "references", "contains", "exact"),
    [
        ("Paris", ["paris"], 1, 1),
        ("The city is Paris.", ["Paris"], 1, 0),
        ("the  PARIS!", ["Paris"], 1, 1),
        ("It was a party", ["art"], 0, 0),
        ("Lyon", ["Paris", "Lyon"], 1, 1),
        ("New   York", ["new york city", "New York"], 1, 1),
        ("York New", ["New York"], 0, 0),
        ("", ["Paris"], 0, 0),
        ("The Who, of course", ["The Who"], 1, 0),
        ("by The The", ["The The"], 0, 0),
        ("the the", ["The The"], 1, 1),
        ("don\u2019t stop", ["Don't Stop"], 1, 1),
        ("\uff30aris", ["Paris"], 1, 1),
        ("这是北京。", ["北京"], 1, 0),
        ("Café", ["Cafe"], 0, 0),
        ("$5,000", ["5000"], 1, 1),
        ("about 3.14", ["3"], 0, 0),
        ("-5", ["5"], 0, 0),
        ("\u22125", ["-5"], 1, 1),
        ("1914-18", ["1914"], 1, 0),
        ("the U.S.", ["US"], 1, 1),
        ("Spider-Man", ["spider man"], 1, 1),
    ],
)
def test_lexical_judges(response, references, contains, exact) -> None:
    item = item_of(response, references=tuple(references))
    assert ask(baselines.LexicalJudge("contains"), item, CHECK) == contains
    assert ask(baselines.LexicalJudge("exact-match"), item, CHECK) == exact


@given(st.text())
def test_what_is_equal_is_also_contained(reference) -> None:
    if not baselines.normalise(reference):
        return
    item = item_of(reference, references=(reference,))
    assert ask(baselines.LexicalJudge("exact-match"), item, CHECK) == 1
    assert ask(baselines.LexicalJudge("contains"), item, CHECK) == 1


def test_normalising_twice_changes_nothing() -> None:
    for text in ("The Rain in Spain!", "a — b", "L'été", "  ", "A a THE an"):
        assert baselines.normalise(baselines.normalise(text)) == baselines.normalise(text)


def test_lexical_judges_say_what_they_miss() -> None:
    judge = baselines.LexicalJudge("contains")
    with pytest.raises(RejectedError, match="no reference"):
        ask(judge, item_of("x"), CHECK)
    with pytest.raises(RejectedError, match="no reference"):
        ask(judge, item_of("x", references=("?!",)), CHECK)
    with pytest.raises(UsageError, match="pass reference human"):
        ask(judge, item_of("x", references=("x",)), CHECK, reference="none")
    with pytest.raises(UsageError, match="pair:3"):
        ask(judge, item_of("x", "y"), PAIR)


# --- baselines ----------------------------------------------------------------------------------


def test_baselines_are_judges() -> None:
    for rule in baselines.NAMES:
        judge = baselines.create(rule, items=lambda: [item_of("a", gold=(1,))], scale=CHECK)
        assert isinstance(judge, Judge)
        assert judge.name == f"baseline/{rule}"


@pytest.mark.parametrize(
    ("rule", "scale", "order", "label"),
    [
        ("first", PAIR, (0, 1), "A"),
        ("first", PAIR, (1, 0), "A"),
        ("longest", PAIR, (0, 1), "B"),
        ("longest", PAIR, (1, 0), "A"),
        ("shortest", PAIR2, (0, 1), "A"),
        ("longest", Scale.pair(5), (0, 1), "B>>A"),
        ("longest", Scale.pair(7, both_bad=True), (1, 0), "A>>>B"),
        ("first", Scale.pair(5), (0, 1), "A>>B"),
    ],
)
def test_preferences(rule, scale, order, label) -> None:
    assert scale.labels[ask(baselines.create(rule), item_of("ab", "abc"), scale, order)] == label


def test_best_of_k() -> None:
    item = item_of("ab", "abc", "a")
    assert ask(baselines.create("longest"), item, PICK, (2, 1, 0)) == 1
    assert ask(baselines.create("shortest"), item, PICK, (2, 1, 0)) == 0
    assert ask(baselines.create("first"), item, PICK, (2, 1, 0)) == 0


def test_equal_lengths_are_a_tie_or_a_draw_that_no_order_changes() -> None:
    longest = baselines.create("longest")
    assert ask(longest, item_of("ab", "cd"), PAIR) == PAIR.tie
    drawn = Counter()
    for n in range(200):
        item = item_of(f"{n:03}", f"{n + 500:03}")
        own = {PAIR2.undo(ask(longest, item, PAIR2, order), order) for order in [(0, 1), (1, 0)]}
        assert len(own) == 1
        drawn[own.pop()] += 1
    assert min(drawn[0], drawn[1]) > 60


@pytest.mark.parametrize("scale", [CHECK, Scale.rate(1, 5), Scale.categories(["x", "y"])])
@pytest.mark.parametrize("rule", ["first", "longest", "shortest"])
def test_preferring_one_of_one_is_no_baseline(rule, scale) -> None:
    with pytest.raises(UsageError, match="baseline/majority or baseline/random"):
        ask(baselines.create(rule), item_of("x"), scale)


@pytest.mark.parametrize("scale", [CHECK, PAIR, PAIR2, Scale.rate(1, 5), PICK, Scale.categories(["x", "y", "z"])])
def test_random_is_even_seeded_and_blind_to_the_order_of_asking(scale) -> None:
    count = {"pair": 2, "pick": 3}.get(scale.kind, 1)
    items = [item_of(*[f"{n}-{k}" for k in range(count)], name=str(n)) for n in range(600)]
    one = ask_each(baselines.create("random", seed=1), items, scale)
    again = ask_each(baselines.create("random", seed=1), items[::-1], scale)[::-1]
    other = ask_each(baselines.create("random", seed=2), items, scale)
    assert one == again
    assert one != other
    expected = len(items) / len(scale.labels)
    assert all(abs(n - expected) < 5 * expected**0.5 for n in Counter(one).values())
    assert set(one) == set(range(len(scale.labels)))
    # Gold must not be able to steer a draw.
    golden = [replace(item, gold=(Label("g", 0),)) for item in items]
    assert ask_each(baselines.create("random", seed=1), golden, scale) == one


def test_random_ranks_and_stays_within_what_is_shown() -> None:
    ranks = {ask(baselines.create("random"), item_of("a", "b", "c", name=str(n)), Scale.rank(3)) for n in range(200)}
    assert len(ranks) == 6
    picks = {ask(baselines.create("random"), item_of("a", "b", name=str(n)), Scale.pick(9)) for n in range(100)}
    assert picks == {0, 1}


def test_majority_says_the_most_frequent_gold_in_every_order() -> None:
    items = [item_of("a", "b", gold=(2, 2, 0)), item_of("a", "b", gold=(1, None, 2))]
    judge = baselines.create("majority", items=lambda: items, scale=PAIR)
    for order in [(0, 1), (1, 0)]:
        assert PAIR.undo(ask(judge, items[0], PAIR, order), order) == 2
    assert judge.settings["code"] == 2
    assert baselines.majority_code([item_of("a", gold=(1, 0))], CHECK) == 0


def test_majority_on_picks_and_ranks() -> None:
    items = [item_of("a", "b", "c", gold=((0, 2),)), item_of("a", "b", "c", gold=(2,))]
    judge = baselines.create("majority", items=lambda: items, scale=PICK)
    for order in [(0, 1, 2), (2, 0, 1), (1, 2, 0)]:
        assert PICK.undo(ask(judge, items[0], PICK, order), order) == 2
    ranked = [item_of("a", "b", "c", gold=((1, 0, 2),))]
    rank = Scale.rank(3)
    judge = baselines.create("majority", items=lambda: ranked, scale=rank)
    assert rank.undo(ask(judge, ranked[0], rank, (2, 0, 1)), (2, 0, 1)) == (1, 0, 2)


def test_baselines_say_what_they_miss() -> None:
    with pytest.raises(UnknownNameError, match="longest"):
        baselines.create("longst")
    with pytest.raises(UsageError, match="gold"):
        baselines.create("majority")
    with pytest.raises(DataError, match="gold"):
        baselines.create("majority", items=lambda: [item_of("a", gold=(None,))], scale=CHECK)
