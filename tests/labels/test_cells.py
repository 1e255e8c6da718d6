"""What a person says of a table's cells: words of one column, gaps, turned scales, units, thresholds, replies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_tables import load

import judgebench
from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError
from judgebench.labels.cells import Cells, Units, nearest


@pytest.fixture
def table(tmp_path):
    def write(header, rows):
        path = tmp_path / "t.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


def said(found, judge="j"):
    return found.judges[judge].judge.tolist(), found.judges[judge].gold[:, 0].tolist()


def refused(path, *columns, error=UsageError, **options):
    with pytest.raises(error) as caught:
        load(path, *columns, **options)
    return str(caught.value)


def test_a_word_in_one_column(table):
    path = table("hallucinated,faithful", ["yes,no", "no,yes", "yes,yes", "no,no"])
    plain = said(load(path, ["hallucinated"], ["faithful"]), "hallucinated")
    other = {"hallucinated:yes": "no", "hallucinated:no": "yes"}
    for words in (other, {"hallucinated": {"yes": "no", "no": "yes"}}):
        turned = said(load(path, ["hallucinated"], ["faithful"], words=words), "hallucinated")
        assert turned == ([1 - code for code in plain[0]], plain[1])
    assert said(load(path, ["hallucinated"], ["faithful"], reverse=["hallucinated"]), "hallucinated") == turned


def test_one_columns_word_comes_before_that_of_all(table):
    path = table("j,g", ["1,1", "2,2", "1,2"])
    found = load(path, ["j"], ["g"], words={"1": "no", "2": "yes", "j:1": "yes", "j:2": "no"})
    assert said(found) == ([1, 0, 1], [0, 1, 1])


def test_names_and_words_with_colons(table):
    path = table("m:j,g", ["a:b,yes", "no,no"])
    assert said(load(path, ["m:j"], ["g"], words={"m:j:a:b": "yes"}), "m:j") == ([1, 0], [1, 0])
    assert said(load(path, ["m:j"], ["g"], words={"a:b": "yes"}), "m:j") == ([1, 0], [1, 0])
    path = table("j,g", ["j:1,yes", "no,no"])
    assert "is a word, or '1' in the column 'j'" in refused(path, ["j"], ["g"], words={"j:1": "yes"})


def test_what_no_cell_holds_is_said(table):
    path = table("j,g", ["yes,no", "no,yes"])
    found = load(path, ["j"], ["g"], words={"maybe": "no", "g:perhaps": "no"}, missing=["-1", "j:99"])
    assert "words: no cell holds 'maybe', 'g:perhaps'" in found.notes
    assert "missing: no cell holds '-1', 'j:99'" in found.notes


@pytest.mark.parametrize("option", ["reverse", "rescale", "thresholds", "words"])
def test_a_column_that_is_not_read(table, option):
    value = {"reverse": ["x"], "rescale": {"x": "0-1:1-5"}, "thresholds": {"x": 1}, "words": {"x": {"a": "b"}}}[option]
    path = table("j,g", ["yes,no", "no,yes"])
    assert "'x' is not among the columns that are read (g, j)" in refused(path, ["j"], ["g"], **{option: value})


def test_missing_codes(table):
    path = table("j,g", ["1,1", "2,99", "-1,3", "ERROR,4", "5,5", "-1.0,1"])
    found = load(path, ["j"], ["g"], missing=["-1", "99", "error"])
    assert found.scale.spec == "rate:1-5"
    assert said(found) == ([0, -1, -1, 4, -1], [0, 2, 3, 4, 0])
    # In one column a code is a gap, in another a label.
    path = table("j,g", ["-3,-3", "0,0", "1,1", "3,3", "1,-2"])
    found = load(path, ["j"], ["g"], missing=["j:-3"])
    assert (found.scale.spec, found.missing) == ("rate:-3-3", {"j": 1, "g": 0})


@pytest.mark.parametrize("words", [["A", "A=B", "B", "tie", "both bad"], ["1", "3", "5", "2", "4"], ["yes", "no"]])
def test_turned_round(table, words):
    path = table("j,g", [f"{word},{word}" for word in words])
    scale = {"1": "rate:1-5"}.get(words[0])
    scale = Scale.parse(scale) if scale else None
    plain, turned = (load(path, ["j"], ["g"], scale=scale, reverse=names) for names in ([], ["j"]))
    last = len(plain.scale.values) - 1
    assert said(turned)[1] == said(plain)[1]
    bad = plain.scale.both_bad
    assert said(turned)[0] == [code if code == bad else last - code for code in said(plain)[0]]
    assert any("j: turned round" in note for note in turned.notes)


def test_what_can_not_be_turned_round(table):
    path = table("j,g", ["1,2", "2,3", "3,4", "4,1"])
    assert "read off the data; give scale rate:LO-HI" in refused(path, ["j"], ["g"], reverse=["j"])
    path = table("j,g", ["red,blue", "blue,red"])
    scale = Scale.parse("nominal:red,blue")
    assert "no order to turn round" in refused(path, ["j"], ["g"], scale=scale, reverse=["j"])


def test_other_units(table):
    path = table("j,g", ["0,1", "100,5", "50,3", "62.4,3", "37.5,2", ",4"])
    found = load(path, ["j"], ["g"], rescale={"j": "0-100:1-5"})
    assert found.scale.spec == "rate:1-5"
    assert "undeclared_levels" not in found.warnings
    assert said(found)[0] == [0, 4, 2, 2, 1, -1]
    assert "j: 0 to 100 is read as 1 to 5, to the nearest level; 1 halfway cells take the lower" in found.notes
    # 1 is best: the ends change places.
    down = load(path, ["j"], ["g"], rescale={"j": "0-100:5-1"})
    assert said(down)[0] == [4, 0, 2, 2, 2, -1]
    path = table("j,g", ["0,1", "101,5"])
    message = refused(path, ["j"], ["g"], rescale={"j": "0-100:1-5"}, error=DataError)
    assert ":3, field 'j': '101' is beyond the range 0 to 100" in message


@pytest.mark.parametrize("text", ["0-100", "100-0:1-5", "0-100:3-3", "a-b:1-5", "0-100:1-5:2", ""])
def test_units_that_are_none(text):
    with pytest.raises(UsageError, match="write FROM:TO"):
        Units.parse(text)


@given(st.floats(0, 100), st.floats(0, 100))
def test_units_keep_the_order(one, other):
    units = Units.parse("0-100:1-5")
    assert 1 <= units.of(one) <= 5
    assert (units.of(one) <= units.of(other)) or one > other
    assert abs(nearest(one) - one) <= 0.5


def test_a_threshold_on_any_column(table):
    path = table("s,g", ["0.6,2", "0.8,4", "0.7,5", "0.2,3", ",1"])
    found = load(path, ["s"], ["g"], thresholds={"s": 0.7, "g": 4})
    assert found.scale.spec == "check"
    assert said(found, "s") == ([0, 1, 1, 0, -1], [0, 1, 1, 0, 0])
    scored = load(path, [], ["g"], score_cols=["s"], thresholds={"s": 0.7, "g": 4}).judges["s"]
    assert scored.judge.tolist() == [0, 1, 1, 0, -1]


def test_a_threshold_of_pairs_is_their_middle(table):
    path = table("s,g", ["1,A", "4,tie", "7,B", "5,B"])
    assert said(load(path, ["s"], ["g"], thresholds={"s": 4}), "s") == ([0, 1, 2, 2], [0, 1, 2, 2])
    path = table("s,g", ["1,A", "4,A", "7,B", "5,B"])
    found = load(path, ["s"], ["g"], thresholds={"s": 4})
    assert (found.scale.spec, said(found, "s")[0]) == ("pair:3", [0, 1, 2, 2])
    assert "checks and pairs" in refused(table("s,g", ["1,1", "4,3", "5,4"]), ["s"], ["g"], thresholds={"s": 4})


def test_two_columns_of_scores_with_thresholds_of_their_own(table):
    path = table("s,t,g", ["0.6,60,no", "0.8,80,yes", "0.7,30,yes", "0.2,90,no"])
    found = load(path, [], ["g"], score_cols=["s", "t"], thresholds={"s": 0.7, "t": 50})
    assert found.judges["s"].judge.tolist() == [0, 1, 1, 0]
    assert found.judges["t"].judge.tolist() == [1, 1, 0, 1]


def test_scores_that_are_turned_or_in_other_units(table):
    path = table("tox,g", ["0.9,no", "0.2,yes", "0.1,yes", "0.8,no"])
    found = load(path, [], ["g"], score_cols=["tox"], reverse=["tox"]).judges["tox"]
    assert found.judge.tolist() == [0, 1, 1, 0]
    assert found.score.tolist() == pytest.approx([0.1, 0.8, 0.9, 0.2])
    path = table("s,g", ["0,1", "0.5,3", "1,5", "0.6,3"])
    found = load(path, [], ["g"], score_cols=["s"], rescale={"s": "0-1:1-5"}).judges["s"]
    assert found.score.tolist() == pytest.approx([1, 3, 5, 3.4])


def test_an_error_mark_among_scores(table):
    rows = [f"{n / 10},{'yes' if n > 4 else 'no'}" for n in range(10)]
    path = table("s,g", [*rows, "-1,yes", "-1,no"])
    message = refused(path, [], ["g"], score_cols=["s"])
    assert "-1 (2 cells of s) lies apart from the scores 0 to 0.9" in message
    assert "missing -1" in message
    assert load(path, [], ["g"], score_cols=["s"], missing=["-1"]).judges["s"].has_score.sum() == 10
    assert load(path, [], ["g"], score_cols=["s"], words={"-1": "-1"}, threshold=0.5).judges["s"].has_score.all()


REPLIES = ["[[A]]", "Final verdict: [[B]]", "[[C]]", "The answer is B", '{""winner"": ""A""}', "A"]


def test_replies_are_read_when_asked(table):
    path = table(
        "j,g", [f'"{reply}",{gold}' for reply, gold in zip(REPLIES, ["A", "B", "tie", "B", "A", "A"], strict=True)]
    )
    message = refused(path, ["j"], ["g"], error=DataError)
    assert "read_replies reads 'Final verdict: [[B]]' as B" in message
    found = load(path, ["j"], ["g"], read_replies=True)
    assert said(found) == ([0, 2, 1, 2, 0, 0], [0, 2, 1, 2, 0, 0])
    (note,) = [note for note in found.notes if "read_replies" in note]
    assert "1 by JSON" in note
    assert "1 by third ('[[C]]' as tie)" in note


def test_a_reply_without_one_verdict_is_none_and_counted(table):
    rows = ["yes,yes"] * 6 + ["Yes. No.,no", "I am not able to say,yes", "No!,no"]
    path = table("j,g", rows)
    found = load(path, ["j"], ["g"], read_replies=True)
    assert said(found)[0] == [1] * 6 + [-1, -1, 0]
    assert any(note.endswith("1 not read; 1 say two verdicts (line 8)") for note in found.notes)
    assert any("j: 2 of 9 cells (lines 8, 9) hold no verdict" in note for note in found.notes)
    # What people write is not thrown away: gold that no rule reads is refused.
    path = table("j,g", [f"{gold},{judge}" for judge, gold in (row.split(",") for row in rows)])
    assert "not able to say" in refused(path, ["j"], ["g"], error=DataError, read_replies=True)


def test_a_word_is_no_reply(table):
    path = table("j,g", ["yes,yes"] * 4 + ["unsure,no"])
    assert "'unsure' (j line 6)" in refused(path, ["j"], ["g"], error=DataError, read_replies=True)


def test_columns_that_no_rule_reads_are_refused(table):
    path = table("j,g", ["I like it,yes", "It is long,no", "yes,yes"])
    assert "no rule reads 2 cells of j, more than half" in refused(
        path, ["j"], ["g"], error=DataError, read_replies=True
    )


def test_the_letter_c_is_a_tie_only_beside_a_and_b(table):
    path = table("j,g", ["C,C", "B,B", "D,C", "E,D"])
    scale = Scale.parse("nominal:B,C,D,E")
    assert said(load(path, ["j"], ["g"], scale=scale, read_replies=True))[0] == [1, 0, 2, 3]
    path = table("j,g", ["C,C", "B,B", "A,C"])
    assert "'C'" in refused(path, ["j"], ["g"], error=DataError)
    assert said(load(path, ["j"], ["g"], read_replies=True)) == ([1, 2, 0], [1, 2, 1])
    assert said(load(path, ["j"], ["g"], words={"C": "both bad"}))[0] == [2, 1, 0]


@pytest.mark.parametrize(
    ("cells", "scale", "codes"),
    [
        (["4/5", "2/5", "5/5"], "rate:1-5", [3, 1, 4]),
        (["80%", "20 %", "100%"], "rate:0-100", [80, 20, 100]),
        (['"3,0"', '"4,0"', "5"], "rate:1-5", [2, 3, 4]),
        (["4 stars", "2 stars", "5"], "rate:1-5", [3, 1, 4]),
    ],
)
def test_numbers_in_other_forms(table, cells, scale, codes):
    path = table("j,g", [f"{cell},{gold}" for cell, gold in zip(cells, ["1", "2", "3"], strict=True)])
    assert said(load(path, ["j"], ["g"], scale=Scale.parse(scale), read_replies=True))[0] == codes


def test_fractions_of_two_wholes_are_not_mixed(table):
    path = table("j,g", ["4/5,4", "8/10,4", "3,3", "2,2", "5,5"])
    found = load(path, ["j"], ["g"], read_replies=True)
    assert said(found)[0][:2] == [-1, -1]


def test_scores_in_texts(table):
    path = table("s,g", ['"0,93",yes', '"0,12",no', '"Confidence: none",no', '"0,7",yes'])
    assert "read_replies reads numbers out of texts" in refused(path, [], ["g"], error=DataError, score_cols=["s"])
    path = table("s,g", ["93%,yes", "12 %,no", ",no", "70%,yes"])
    found = load(path, [], ["g"], score_cols=["s"], read_replies=True).judges["s"]
    assert found.score[found.has_score].tolist() == pytest.approx([0.93, 0.12, 0.7])


def test_words_as_people_write_them(table):
    rows = [
        "pass\u200b,pass", "\ufefffail,fail", "\u00a0Pass,PASS", '"""Pass""",pass', "\u201cfail\u201d,fail",
        "\u200fpass,pass",
        "\uff30\uff21\uff33\uff33,pass",
    ]  # fmt: skip
    codes, gold = said(load(table("j,g", rows), ["j"], ["g"]))
    assert codes == gold == [1, 0, 1, 1, 0, 1, 1]
    path = table("j,g", ["\u0665,5", "\uff14,4", "\u22121,-1", "\u09e9,3"])
    codes, gold = said(load(path, ["j"], ["g"], scale=Scale.parse("rate:-1-5")))
    assert codes == gold
    path = table("j,g", ["e\u0301gal,\u00e9gal", "faux,\u00e9gal"])
    assert said(load(path, ["j"], ["g"], scale=Scale.parse("nominal:\u00e9gal,faux"))) == ([0, 1], [0, 0])


TIES = (
    "tie,Tie,same,both good,Both are equally good,no preference,undecided,TIE,A=B,no difference,it's a tie,"
    "equally good,Both Good,draw,equal,both-good,the same"
)


def test_ties_in_other_words(table):
    path = table("j,g", ["A,A", "B,B", *(f"{word},tie" for word in TIES.split(","))])
    codes, gold = said(load(path, ["j"], ["g"]))
    assert codes == gold
    path = table("j,g", ["A,A", "B,B", "tie_bothbad,tie (bothbad)", "neither,both bad", "same,tie"])
    found = load(path, ["j"], ["g"])
    assert (found.scale.spec, said(found)[0]) == ("pair:3+bad", [0, 2, 3, 3, 1])
    scale = Scale.parse("pair:3")
    assert "scale pair:3+bad" in refused(path, ["j"], ["g"], error=DataError, scale=scale)


OPPOSITES = [("reject", "accept"), ("invalid", "valid"), ("hallucinated", "faithful"), ("not met", "met")]


@pytest.mark.parametrize(("bad", "good"), [*OPPOSITES, ("unsafe", "safe"), ("\u274c", "\u2705"), ("bad", "good")])
def test_opposites_are_checks(table, bad, good):
    path = table("j,g", [f"{bad},no", f"{good},yes", f"{good},no"])
    assert said(load(path, ["j"], ["g"])) == ([0, 1, 1], [0, 1, 0])


def test_opposites_beside_other_words_are_asked_about(table):
    path = table("j,g", ["pass,pass", "fail,fail", "invalid,fail"])
    assert "'invalid' (j line 4)" in refused(path, ["j"], ["g"], error=DataError)
    assert "'invalid'" in refused(path, ["j"], ["g"], error=DataError, scale=Scale.check())
    path = table("j,g", ["good,good", "ok,bad", "bad,ok"])
    refused(path, ["j"], ["g"], error=DataError)


def test_lists_with_an_order_are_proposed(table):
    path = table("j,g", ["minor,major", "critical,minor", "major,critical"])
    assert "scale 'critical,major,minor'" in refused(path, ["j"], ["g"], error=DataError)


def test_python_says_it_as_the_command_line_does(table):
    path = table("j,g", ["0,1", "100,5", "-1,3", "50,3", "25,2", "75,4"])
    score = judgebench.score(path, judge="j", gold="g", missing=[-1], rescale={"j": "0-100:1-5"}).to_json()
    again = judgebench.score(path, judge="j", gold="g", missing="-1", rescale=["j=0-100:1-5"]).to_json()
    assert score == again
    assert score["rows"][0]["coverage"] == pytest.approx(5 / 6)
    with pytest.raises(UsageError, match="name the column"):
        judgebench.score(path, judge="j", gold="g", rescale="0-100:1-5")
    path = table("s,g", ["0.6,no", "0.8,yes", "0.7,yes"])
    for threshold in (0.7, "0.7", {"s": 0.7}, "s=0.7", ["s=.7"]):
        rows = judgebench.score(path, scores="s", gold="g", threshold=threshold).to_json()["rows"]
        assert rows[0]["metrics"]["percent_agreement"]["value"] == 1
    for threshold in ("x", "s=x", [0.5, 0.7], True):
        with pytest.raises(UsageError, match="threshold"):
            judgebench.score(path, scores="s", gold="g", threshold=threshold)


def test_as_many_replies_as_rows(tmp_path):
    count = 30_000
    picks = np.random.default_rng(7).integers(0, 2, count)
    rows = [f'"Assistant {i} is long. Final verdict: [[{"AB"[p]}]]",{"AB"[p]}' for i, p in enumerate(picks.tolist())]
    (tmp_path / "t.csv").write_text("\n".join(["j,g", *rows]) + "\n")
    found = load(tmp_path / "t.csv", ["j"], ["g"], read_replies=True)
    assert (found.judges["j"].judge == picks).all()


def test_nothing_said_changes_nothing():
    assert Cells() == Cells({}, (), (), {}, {}, read_replies=False)
    assert Cells().meanings({"j": ["a", "b"]}, {"j": ("j",)}) == ({"j": {"a": "a", "b": "b"}}, [])


@pytest.mark.parametrize("option", [{"thresholds": {"j": 0.5}}, {"rescale": {"j": "0-1:1-5"}}])
def test_what_is_said_of_numbers_needs_some(table, option):
    path = table("j,g", ["yes,no", "no,yes", ",yes"])
    assert "is about numbers, and none is here" in refused(path, ["j"], ["g"], error=DataError, **option)


def test_all_odd_cells_of_numbers_are_named_at_once(table):
    path = table("s,g", [".9,yes", "80 %,yes", "high,no", ".1,no", "high,no", ",yes"])
    message = refused(path, [], ["g"], score_cols=["s"], threshold=0.5, error=DataError)
    assert ":3, field 's': '80 %' is not a number; also 'high' (lines 4, 6)" in message
    several = load(table("j,k,g", ["yes,,no", ",NaN,yes", "no,yes,no"]), ["j", "k"], ["g"]).notes
    (told,) = [note for note in several if "verdict" in note]
    assert told.startswith("j: 1 of 3 cells (line 3), k: 2 of 3 cells (lines 2, 3) hold no verdict;")


def test_a_judge_without_a_verdict_is_refused(table):
    path = table("j,k,g", ["yes,,no", "no,NaN,yes"])
    assert "k gives no verdict on any of the 2 items" in refused(path, ["k"], ["g"], error=DataError)
    assert any("k: 2 of 2 cells (lines 2, 3) hold no verdict" in note for note in load(path, ["j", "k"], ["g"]).notes)
