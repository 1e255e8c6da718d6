"""Rows of a table: who labelled what, in which order, how often; each value by an independent way."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_tables import load
from sklearn.metrics import cohen_kappa_score

from judgebench.agreement.bias import biases, retest_agreement
from judgebench.agreement.measure import measure
from judgebench.agreement.policies import apply
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UsageError


def refusal(path, *args, error=DataError, **options):
    with pytest.raises(error) as caught:
        load(path, *args, **options)
    return str(caught.value).replace(str(path), "FILE")


def csv(header, rows):
    return header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


def kappa_of(ratings, policies=None):
    (row,) = measure(ratings, task="t", judge="j", policies=policies)
    return row.metrics["cohen_kappa"].value


# --- raters and judges in rows --------------------------------------------------------------------


def test_several_columns_name_an_item(table):
    rows = [(q, m, t, who, label) for q, m, t, *said in _VOTES for who, label in zip("xyj", said, strict=True)]
    path = table(csv("q,m,turn,who,label", rows))
    options = {"id_col": ("q", "m", "turn"), "cluster_col": ("q",), "rater": "who", "label": "label"}
    ratings = load(path, ["j"], [], **options).judges["j"]
    assert ratings.annotators == ("x", "y")
    assert ratings.item.tolist() == [0, 1, 2, 3]
    assert ratings.cluster.tolist() == [0, 0, 0, 1]
    loaded = load(path, ["j"], [], **options)
    assert loaded.names("j") == ["1/a/1", "1/a/2", "1/b/1", "2/a/1"]
    pair = Scale.pair()
    assert [pair.labels[code] for code in ratings.judge] == [said[-1] for said in _VOTES]
    short = load(path, ["j"], [], **(options | {"id_col": ("q", "turn")}), combine="majority")
    assert short.rows == 3


_VOTES = [
    ("1", "a", "1", "A", "B", "A"),
    ("1", "a", "2", "tie", "A", "B"),
    ("1", "b", "1", "B", "B", "B"),
    ("2", "a", "1", "A", "tie", "tie"),
]


def test_a_name_of_the_rater_is_enough(table):
    path = table("item,who,label\n1,j,yes\n1,h,no\n2,j,no\n2,h,no\n")
    named = load(path, ["j"], ["h"], id_col="item", rater="who", label="label").judges["j"]
    short = load(path, ["j"], ["h"], long="item,who,label").judges["j"]
    assert named.judge.tolist() == short.judge.tolist() == [1, 0]
    message = refusal(path, ["j"], ["h"], rater="who", label="label", error=UsageError)
    assert message == "rater needs id: the column of what the raters labelled"
    assert "both rater and label" in refusal(path, ["j"], ["h"], id_col="item", rater="who", error=UsageError)


def test_judges_in_rows_beside_gold_have_their_own_rows_and_gold(table):
    draw = random.Random(4)
    said = {
        name: [(i, draw.choice(("yes", "no")), draw.choice(("yes", "no"))) for i in range(40) if i % skip]
        for name, skip in (("gpt", 41), ("claude", 3))
    }
    rows = [(i, name, j, g) for name, own in said.items() for i, j, g in own]
    draw.shuffle(rows)
    loaded = load(table(csv("id,model,judge,human", rows)), ["judge"], ["human"], id_col="id", judge_name="model")
    assert set(loaded.judges) == {"gpt", "claude"}
    for name, own in said.items():
        ratings = loaded.judges[name]
        assert ratings.judge.size == len(own)
        assert kappa_of(ratings) == pytest.approx(cohen_kappa_score([g for _, _, g in own], [j for _, j, _ in own]))
        assert sorted(loaded.names(name)) == sorted(str(i) for i, _, _ in own)
    assert loaded.own_gold


def test_two_columns_of_each_judge_in_rows(table):
    path = table("id,m,first,second,h\n1,x,yes,no,yes\n1,y,no,no,no\n2,x,no,no,no\n2,y,yes,no,yes\n")
    loaded = load(path, ["first", "second"], ["h"], id_col="id", judge_name="m")
    assert list(loaded.judges) == ["x: first", "x: second", "y: first", "y: second"]
    assert loaded.judges["y: first"].judge.tolist() == [0, 1]
    blank = table("id,m,j,h\n1,,yes,yes\n")
    assert "FILE:2, field 'm': a row without a judge" in refusal(blank, ["j"], ["h"], id_col="id", judge_name="m")
    assert "one of the two" in refusal(
        path, ["first"], [], id_col="id", judge_name="m", rater="m", label="h", error=UsageError
    )


# --- orders ---------------------------------------------------------------------------------------

_FLIP = {"A": "B", "B": "A", "tie": "tie"}


def _games(seed, n=60):
    draw = random.Random(seed)
    words = ("A", "B", "tie")
    return [(i, draw.choice(words), draw.choice(words), draw.choice(words)) for i in range(n)]


@pytest.mark.parametrize(("plain", "turned"), [("AB", "BA"), ("original", "swapped"), ("0", "1"), ("[0, 1]", "[1, 0]")])
def test_an_order_column_turns_positions_back(table, plain, turned):
    games = _games(1)
    rows = [
        row
        for i, gold, one, two in games
        for row in ((i, f'"{plain}"', one, gold), (i, f'"{turned}"', _FLIP[two], gold))
    ]
    random.Random(2).shuffle(rows)
    path = table(csv("id,order,j,g", rows))
    ratings = load(path, ["j"], ["g"], id_col="id", order="order", picks="position").judges["j"]
    right = sum((one == gold) + (two == gold) for _, gold, one, two in games)
    (row,) = measure(ratings, task="t", judge="j")
    assert row.metrics["percent_agreement"].value == pytest.approx(right / 120)
    assert row.items == 60
    same = biases(ratings, apply(ratings, Policies()))["position_consistency"]
    assert same.value == pytest.approx(sum(one == two for _, _, one, two in games) / 60)
    (tied,) = measure(ratings, task="t", judge="j", policies=Policies(order="inconsistent-tie"))
    agreed = sum((one if one == two else "tie") == gold for _, gold, one, two in games)
    assert tied.metrics["percent_agreement"].value == pytest.approx(agreed / 60)


def test_a_second_column_is_the_same_judge_in_the_other_order(table):
    games = _games(3)
    path = table(csv("id,g,one,two,shown", [(i, g, a, b, _FLIP[b]) for i, g, a, b in games]))
    by_answer = load(path, ["one"], ["g"], second_order=["two"], picks="answer").judges["one"]
    by_place = load(path, ["one"], ["g"], second_order=["shown"], picks="position").judges["one"]
    for name in ("judge", "gold", "item", "game", "swapped"):
        assert np.array_equal(getattr(by_answer, name), getattr(by_place, name)), name
    assert by_answer.judge.size == 120
    assert by_answer.swapped.tolist() == [False, True] * 60
    both = sum(a == b == g for _, g, a, b in games) / 60
    (row,) = measure(by_answer, task="t", judge="j", policies=Policies(order="both-right"))
    assert row.metrics["percent_agreement"].value == pytest.approx(both)


def test_an_order_is_never_guessed(table):
    path = table("id,g,one,two,order\n1,A,A,B,AB\n2,B,B,A,BA\n")
    message = refusal(path, ["one"], ["g"], second_order=["two"], error=UsageError)
    assert "picks position" in message
    assert "picks answer" in message
    assert "picks answer" in refusal(path, ["one"], ["g"], order="order", error=UsageError)
    assert "picks is about order" in refusal(path, ["one"], ["g"], picks="answer", error=UsageError)
    odd = table("id,g,j,order\n1,A,A,AB\n2,B,B,perhaps\n")
    assert "FILE:3, field 'order': 'perhaps' is not an order" in refusal(
        odd, ["j"], ["g"], order="order", picks="position"
    )
    alone = table("id,g,j,order\n1,A,A,1\n2,B,B,1\n")
    assert "'1' is not an order" in refusal(alone, ["j"], ["g"], order="order", picks="position")
    swapped = table("id,g,j,swapped\n1,A,B,1\n2,B,A,true\n3,A,A,0\n")
    turned = load(swapped, ["j"], ["g"], order="swapped", picks="position").judges["j"]
    assert turned.judge.tolist() == turned.gold[:, 0].tolist()
    rated = table("id,g,j,order\n1,5,4,AB\n2,3,3,BA\n")
    assert "picks answer" in refusal(rated, ["j"], ["g"], order="order", picks="position", error=UsageError)


def test_gold_that_depends_on_the_order_is_refused(table):
    path = table("id,order,j,g\n1,AB,A,A\n1,BA,B,B\n2,AB,A,A\n2,BA,A,A\n")
    message = refusal(path, ["j"], ["g"], id_col="id", order="order", picks="position")
    assert message.startswith("FILE:2, field 'g': item '1' has another gold label on line 3")
    # Gold on one of two rows is the item's.
    once = table("id,order,j,g\n1,AB,A,A\n1,BA,B,\n2,AB,A,\n2,BA,A,B\n")
    options = {"id_col": "id", "order": "order", "scale": Scale.pair()}
    ratings = load(once, ["j"], ["g"], picks="position", **options).judges["j"]
    assert ratings.gold[:, 0].tolist() == [0, 0, 2, 2]
    assert ratings.judge.tolist() == [0, 0, 0, 2]


# --- repeats --------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["yes", "no", ""]), min_size=1, max_size=5), min_size=2, max_size=12))
def test_repeats_are_kept_or_combined(tmp_path_factory, said):
    rows = [(i, "j", word) for i, words in enumerate([["yes"], *said]) for word in words]
    rows += [(i, "h", "yes" if i % 2 else "no") for i in range(len(said) + 1)]
    path = tmp_path_factory.getbasetemp() / "repeats.csv"
    path.write_text(csv("item,who,label", rows))
    options = {"long": "item,who,label", "scale": Scale.check()}
    most = load(path, ["j"], ["h"], combine="majority", **options).judges["j"].judge.tolist()
    for words, code in zip([["yes"], *said], most, strict=True):
        votes = Counter(word for word in words if word).most_common()
        clear = votes and (len(votes) == 1 or votes[0][1] > votes[1][1])
        assert code == (("no", "yes").index(votes[0][0]) if clear else -1)
    each = load(path, ["j"], ["h"], combine="each", **options).judges["j"]
    assert each.judge.size == len(rows) - len(said) - 1
    pairs = [
        np.mean([a == b != "" for k, a in enumerate(words) for b in words[k + 1 :]]) for words in said if len(words) > 1
    ]
    found = retest_agreement(each)
    assert (found.undefined == "no_repeats") if not pairs else found.value == pytest.approx(np.mean(pairs))


def test_repeats_are_refused_until_something_is_said(table):
    path = table("item,who,label\n1,j,yes\n1,j,no\n1,j,no\n1,h,no\n2,j,no\n2,h,yes\n")
    message = refusal(path, ["j"], ["h"], long="item,who,label")
    assert message.startswith("FILE: 3 labels by 'j' for item '1' (lines 2, 3, 4)")
    assert "combine each" in message
    people = table("item,who,label\n1,j,yes\n1,h,no\n1,h,no\n2,j,no\n2,h,yes\n")
    assert "combine majority" in refusal(people, ["j"], ["h"], long="item,who,label", combine="each")
    wide = table("id,j,h\n1,yes,no\n1,no,no\n")
    assert "combine majority" in refusal(wide, ["j"], ["h"], id_col="id")
    assert "name it with id" in refusal(wide, ["j"], ["h"], combine="each", error=UsageError)
    assert load(wide, ["j"], ["h"], id_col="id", combine="each").judges["j"].judge.tolist() == [1, 0]


@pytest.mark.parametrize("combine", ["sum", "mean"])
def test_marks_are_summed_by_what_they_count(table, combine):
    draw = random.Random(9)
    weight = {"minor": 1, "major": 5, "none": 0}
    rows = [(i, who, draw.choice(list(weight))) for i in range(30) for who in "jh" for _ in range(draw.choice((2, 4)))]
    path = table(csv("seg,who,severity", rows))
    words = {word: str(value) for word, value in weight.items()}
    total = defaultdict(list)
    for i, who, word in rows:
        total[i, who].append(weight[word])
    right = {key: sum(own) / (1 if combine == "sum" else len(own)) for key, own in total.items()}
    options = {"long": "seg,who,severity", "words": words, "combine": combine}
    if combine == "mean":
        # Whole means fit a rating; others are numbers with decimals.
        assert "decimals" in refusal(path, ["j"], ["h"], scale=Scale.rate(0, 5), **options)
        return
    loaded = load(path, ["j"], ["h"], scale=Scale.rate(0, 20), **options)
    assert loaded.judges["j"].judge.tolist() == [right[i, "j"] for i in range(30)]
    assert loaded.judges["j"].gold[:, 0].tolist() == [right[i, "h"] for i in range(30)]
    assert not [note for note in loaded.notes if "no cell holds" in note]
    bare = refusal(path, ["j"], ["h"], long="seg,who,severity", combine=combine)
    assert "is not a number, and combine sum needs numbers" in bare


# --- counts ---------------------------------------------------------------------------------------


def test_counts_and_a_confusion_table_are_the_same_items(table):
    cells = {("pass", "pass"): 41, ("pass", "fail"): 7, ("fail", "pass"): 4, ("fail", "fail"): 18}
    items = [key for key, n in cells.items() for _ in range(n)]
    right = cohen_kappa_score([gold for gold, _ in items], [judge for _, judge in items])
    rows = [(judge, gold, n) for (gold, judge), n in cells.items()]
    counted = load(table(csv("j,g,n", rows)), ["j"], ["g"], count="n")
    crossed = table(csv("gold,pass,fail", [(g, cells[g, "pass"], cells[g, "fail"]) for g in ("pass", "fail")]), "c.csv")
    confused = load(crossed, [], [], confusion=True)
    (one,), (two,) = counted.judges.values(), confused.judges.values()
    assert one.judge.size == two.judge.size == 70
    assert kappa_of(one) == pytest.approx(right)
    assert kappa_of(two) == pytest.approx(right)
    assert "no column has another role" in refusal(crossed, ["pass"], [], confusion=True, error=UsageError)


def test_weights_and_totals_are_no_counts(table):
    path = table("j,g,w\nyes,no,1.5\nno,no,2\n")
    assert "FILE:2, field 'w': '1.5' is a weight, not a count of items" in refusal(path, ["j"], ["g"], count="w")
    gap = table("j,g,n\nyes,no,1\nno,no,\n")
    assert "FILE:3, field 'n': an empty cell doesn't say how many items" in refusal(gap, ["j"], ["g"], count="n")
    assert "1 to 20,000,000" in refusal(table("j,g,n\nyes,no,99999999\n"), ["j"], ["g"], count="n")
    totals = table("gold,yes,no,total\nyes,5,1,6\nno,2,7,9\n")
    assert "'total' is the sum of the other columns" in refusal(totals, [], [], confusion=True)


def test_counts_of_categories_are_raters_without_names(table):
    from statsmodels.stats.inter_rater import fleiss_kappa

    draw = np.random.default_rng(3)
    counts = draw.multinomial(5, (0.5, 0.3, 0.2), size=25)
    path = table(csv("item,A,B,tie", [(i, *row) for i, row in enumerate(counts.tolist())]))
    loaded = load(path, [], [], categories=["A", "B", "tie"], id_col="item")
    ratings = loaded.judges[""]
    assert len(ratings.annotators) == 5
    pair = Scale.pair()
    codes = [pair.code(word) for word in ("A", "B", "tie")]
    assert [[int((row == code).sum()) for code in codes] for row in ratings.gold] == counts.tolist()
    from judgebench.agreement.people.humans import measure_humans

    found = measure_humans(ratings).coefficients["fleiss_kappa"]
    assert found.value == pytest.approx(fleiss_kappa(counts))
    uneven = table("item,A,B\n1,2,0\n2,1,0\n")
    assert load(uneven, [], [], categories=["A", "B"]).judges[""].gold.tolist() == [[0, 0], [0, -1]]


# --- columns made of others -----------------------------------------------------------------------


def test_one_hot_columns_are_one_label(table):
    path = table("id,win_model_a,win_model_b,win_tie,j\n1,1,0,0,A\n2,0,1,0,B\n3,0,0,1,A\n4,,,,tie\n")
    loaded = load(path, ["j"], ["w"], one_hot={"w": ("win_model_a", "win_model_b", "win_tie")})
    assert loaded.judges["j"].gold[:, 0].tolist() == [0, 2, 1]
    assert loaded.unlabelled == 1
    two = table("id,a,b,j\n1,1,1,A\n")
    assert "FILE:2, field 'w': a and b both hold 1" in refusal(two, ["j"], ["w"], one_hot={"w": ("a", "b")})
    none = table("id,a,b,j\n1,.5,1,A\n")
    assert "'.5' is neither 1 nor 0" in refusal(none, ["j"], ["w"], one_hot={"w": ("a", "b")})
    assert "has a column 'j' already" in refusal(path, ["j"], ["j2"], one_hot={"j": ("a", "b")}, error=UsageError)


def test_two_scores_are_a_pair(table):
    path = table("id,sa,sb,g\n1,3,2,A\n2,1.5,2,B\n3,2,2.0,tie\n4,,2,A\n")
    ratings = load(path, ["won"], ["g"], pair_scores={"won": ("sa", "sb")}).judges["won"]
    assert ratings.judge.tolist() == [0, 2, 1, -1]
    odd = table("id,sa,sb,g\n1,good,2,A\n")
    assert "FILE:2, field 'sa': 'good' is not a number" in refusal(
        odd, ["won"], ["g"], pair_scores={"won": ("sa", "sb")}
    )


def test_a_winner_may_be_named(table):
    path = table("id,m1,m2,winner,g\n1,GPT,claude,gpt,A\n2,llama,gpt,gpt,B\n3,gpt,llama,tie,tie\n")
    loaded = load(path, ["winner"], ["g"], sides=("m1", "m2"), scale=Scale.pair())
    assert loaded.judges["winner"].judge.tolist() == [0, 2, 1]
    twice = table("id,m1,m2,winner,g\n1,gpt,gpt,gpt,A\n")
    assert "names no winner" in refusal(twice, ["winner"], ["g"], sides=("m1", "m2"))
    strange = table("id,m1,m2,winner,g\n1,gpt,claude,gpt,A\n2,gpt,claude,llama,A\n")
    neither = "FILE:3, field 'winner': 'llama' is neither what m1 nor what m2 says"
    assert neither in refusal(strange, ["winner"], ["g"], sides=("m1", "m2"))
    assert load(strange, ["winner"], ["g"], sides=("m1", "m2"), missing=["llama"]).judges["winner"].judge[1] == -1
    # Where labels say A and B the columns name the systems.
    plain = load(table("m1,m2,v,g\ngpt,claude,A,A\nclaude,gpt,B,A\n"), ["v"], ["g"], sides=("m1", "m2"))
    assert plain.judges["v"].systems == ("gpt vs claude", "claude vs gpt")
    apart = table("id,m1,m2,v,o,g\n1,gpt,claude,A,AB,A\n1,claude,gpt,B,BA,A\n")
    assert "has another system on line 2; where the columns that name the two responses are ids" in refusal(
        apart, ["v"], ["g"], sides=("m1", "m2"), id=("id",), order="o", picks="answer"
    )


def test_an_order_that_was_not_asked_is_none_that_failed(table):
    path = table("id,one,two,g\n1,A,A,A\n2,B,,B\n3,,B,B\n4,B,unparsed,B\n5,,,A\n6,A,B,A\n")
    loaded = load(path, ["one"], ["g"], second_order=["two"], picks="answer", scale=Scale.pair(2))
    assert "one: 2 empty cells of one and two count as an order that was not asked" in "".join(loaded.notes)
    ratings = loaded.judges["one"]
    assert list(zip(ratings.item, ratings.swapped, ratings.judge, strict=True)) == [
        (0, False, 0), (0, True, 0), (1, False, 1), (2, True, 1), (3, False, 1), (3, True, -1), (4, False, -1),
        (5, False, 0), (5, True, 1),
    ]  # fmt: skip


# --- rows to keep, criteria -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("status = done", [1, 2, 5]),
        ("status=DONE", [1, 2, 5]),
        ("status != done", [3, 4]),
        ("n >= 3", [3, 5]),
        ("n < 3", [1, 2]),
        ("status in done, 'open'", [1, 2, 3, 5]),
        ("status not in done", [3, 4]),
        ("n is empty", [4]),
        ("n is not empty", [1, 2, 3, 5]),
        ("day > 2026-01-02", [3, 4, 5]),
        ("a = b = x", [1, 3, 4, 5]),
        ("city in \"Bonn, DE\",'Ulm'", [1, 2, 4]),
        ("city = Rock and Ice", [3]),
    ],
)
def test_rows_to_keep(table, condition, left):
    path = table(
        'id,status,n,day,a = b,city,j,g\n1,done,1,2026-01-01,x,"Bonn, DE",yes,yes\n2,done,2,2026-01-02,y,Ulm,no,no\n'
        '3,open,3,2026-01-03,x,Rock and Ice,yes,no\n4,,,2026-02-01,x,"Bonn, DE",no,no\n5,done,10,2026-03-01,x,,no,yes\n'
    )
    loaded = load(path, ["j"], ["g"], id_col="id", where=[condition])
    assert loaded.names("j") == [str(one) for one in left]
    assert loaded.notes[0] == f"{5 - len(left)} of 5 rows are left out by where {condition!r}"


def test_conditions_that_say_nothing_are_refused(table):
    path = table("id,status,j,g\n1,done,yes,yes\n2,open,no,no\n")
    assert "no row is left by where 'status = closed'; it says done, open" in refusal(
        path, ["j"], ["g"], where=["status = closed"]
    )
    assert "no column is named 'stat'" in refusal(path, ["j"], ["g"], where=["stat = done"], error=UsageError)
    assert "write COLUMN = VALUE" in refusal(path, ["j"], ["g"], where=["done"], error=UsageError)
    assert "'done' is not a number" in refusal(path, ["j"], ["g"], where=["status > 3"], error=UsageError)
    assert "'done' is neither a number nor a date" in refusal(
        path, ["j"], ["g"], where=["id >= done"], error=UsageError
    )
    for two in ("id >= 1 and id < 2", "status = done OR id = 2", "id in 1,2 && j = yes"):
        assert "holds two conditions" in refusal(path, ["j"], ["g"], where=[two], error=UsageError)


def test_criteria_in_columns_and_in_rows_are_the_same(table):
    draw = random.Random(8)
    rated = {name: [(draw.randint(1, 5), draw.randint(1, 5)) for _ in range(30)] for name in ("tone", "facts")}
    wide = csv(
        "id,j_tone,j_facts,h_tone,h_facts,h_odd",
        [(i, *(rated[c][i][0] for c in rated), *(rated[c][i][1] for c in rated), 3) for i in range(30)],
    )
    long = csv("id,what,j,h", [(i, c, *rated[c][i]) for c in rated for i in range(30)])
    options = {"scale": Scale.rate(1, 5), "id_col": "id"}
    across = load(table(wide), ["j_{criterion}"], ["h_{criterion}"], **options)
    down = load(table(long, "long.csv"), ["j"], ["h"], criterion="what", **options)
    assert "criteria that not all columns have are left out: odd" in across.notes
    for loaded in (across, down):
        ratings = loaded.judges["j"]
        assert set(ratings.subsets) == {"tone", "facts"}
        assert len(set(ratings.cluster.tolist())) == 30
        for code, name in enumerate(ratings.subsets):
            rows = ratings.subset == code
            own = cohen_kappa_score(*zip(*rated[name], strict=True), weights="quadratic", labels=[1, 2, 3, 4, 5])
            here = cohen_kappa_score(
                ratings.gold[rows, 0] + 1, ratings.judge[rows] + 1, weights="quadratic", labels=[1, 2, 3, 4, 5]
            )
            assert here == pytest.approx(own)
    message = refusal(table(wide), ["j_{criterion}"], ["h_tone"], error=UsageError)
    assert "{criterion} is in every judge and gold, or in none" in message
    assert "no criterion is found" in refusal(table(wide), ["j_{criterion}"], ["k_{criterion}"])


@pytest.mark.parametrize("option", ["one_hot", "pair_scores"])
def test_a_column_that_nothing_names_is_refused(table, option):
    path = table("id,x,y,j,g\n1,1,0,A,A\n2,0,1,B,B\n")
    said = refusal(path, ["j"], ["g"], error=UsageError, **{option: {"won": ["x", "y"]}})
    assert f"{option} makes a column 'won' that no option names" in said


def test_orders_that_are_not_beside_each_other_are_said(table):
    rows = [(1, "AB", "A", "A"), (1, "BA", "B", "A"), (2, "AB", "B", "B"), (3, "BA", "A", "B")]
    path = table(csv("id,order,j,g", rows))
    said = {"order": "order", "picks": "position", "scale": Scale.pair(2)}
    assert (
        "j: 2 of 3 items are here in one order only, and count by it"
        in load(path, ["j"], ["g"], id_col="id", **said).notes
    )
    assert any("id names it" in note for note in load(path, ["j"], ["g"], **said).notes)
    one = table(csv("id,order,j,g", rows[::2]))
    assert not any("one order" in note or "of its own" in note for note in load(one, ["j"], ["g"], **said).notes)
