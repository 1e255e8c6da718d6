"""What may mean something else than it seems to is asked about: lone numbers, None as an answer, confidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_tables import load

import judgebench
from judgebench.api.doctor import doctor
from judgebench.domain import Scale
from judgebench.errors import DataError, FormError, UsageError
from judgebench.labels.doubts import apart

#: Inputs that people really have, where this checkout has them.
CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"


def table(folder, header, rows):
    path = folder / "t.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def refusal(path, *columns, **options):
    with pytest.raises((UsageError, FormError)) as caught:
        load(path, *columns, **options)
    return str(caught.value)


RATINGS = ["4,5", "5,5", "3,4", "2,2", "4,3", "5,4", "1,2", "3,3"]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({-1: 9, 0: 5, 3: 8}, [-1]),
        ({-99: 1, 1: 5, 2: 4, 5: 8}, [-99]),
        ({1: 5, 2: 4, 3: 8, 99: 7}, [99]),
        ({0: 9, 1: 9, 18: 1, 20: 1}, [18, 20]),
        ({-1: 2, 1: 5, 2: 3, 4: 4, 99: 7}, [-1, 99]),
        # Ratings in use, and negative levels.
        ({1: 5, 2: 4, 10: 7}, []),
        ({-2: 5, -1: 4, 0: 7, 1: 3, 2: 4}, []),
        ({1: 4, 5: 5}, []),
        ({0: 4, 50: 5, 100: 5}, []),
        ({-3: 4, 3: 5}, []),
    ],
)
def test_numbers_apart_from_the_ratings(cells, found):
    assert apart(cells, 2) == found


def test_an_error_mark_does_not_stretch_the_scale(tmp_path):
    path = table(tmp_path, "j,g", [*RATINGS, "-1,4", "-1,2"])
    message = refusal(path, ["j"], ["g"])
    assert "-1 (j lines 10, 11) lies apart from the ratings 1 to 5" in message
    found = load(path, ["j"], ["g"], words={"-1": ""})
    assert found.scale.spec == "rate:1-5"
    assert found.judges["j"].judge.tolist()[-2:] == [-1, -1]
    assert load(path, ["j"], ["g"], scale=None, words={"-1": "1"}).scale.spec == "rate:1-5"
    told = doctor(path)
    assert any("--missing" in command for command in told.commands)
    assert len(told.commands) > 1, "whether -1 is a level is for a person to say"


def test_a_total_row_does_not_stretch_the_scale(tmp_path):
    path = table(tmp_path, "j,g", [*RATINGS, "27,28"])
    assert "t.csv:10: this last row looks like a total: j holds the sum" in refusal(path, ["j"], ["g"])
    path = table(tmp_path, "j,g", [*RATINGS, "29,28"])
    assert "28 (g line 10), 29 (j line 10) lie apart from the ratings 1 to 5" in refusal(path, ["j"], ["g"])
    assert load(path, ["j"], ["g"], missing=["28", "29"]).scale.spec == "rate:1-5"


@pytest.mark.parametrize("word", ["None", "NA", "n/a"])
def test_none_may_be_an_answer(tmp_path, word):
    path = table(tmp_path, "j,g", ["A,A", "B,B", f"{word},{word}", f"A,{word}", f"{word},B", "B,A"])
    message = refusal(path, ["j"], ["g"])
    assert f"{word!r} (j lines 4, 6; g lines 4, 5) may be an answer or a gap" in message
    said = load(path, ["j"], ["g"], words={word: "neither"})
    assert (said.scale.spec, said.unlabelled) == ("pair:2+bad", 0)
    gap = load(path, ["j"], ["g"], words={word: ""})
    assert (gap.scale.spec, gap.unlabelled) == ("pair:2", 2)


def test_none_on_one_side_is_a_gap(tmp_path):
    path = table(tmp_path, "j,g", ["A,A", "B,B", "None,A", "NA,B"])
    assert load(path, ["j"], ["g"]).judges["j"].judge.tolist() == [0, 1, -1, -1]


SURE = ["no,0.9,no", "yes,0.9,yes"] * 6 + ["no,0.6,yes", "yes,0.7,no"]


def test_confidence_in_the_verdict_is_asked_about(tmp_path):
    path = table(tmp_path, "j,c,g", SURE)
    assert "score_means verdict" in refusal(path, ["j"], ["g"], score_cols=["c"])
    turned = load(path, ["j"], ["g"], score_cols=["c"], score_means="verdict").judges["j"]
    assert turned.score_kind == "probability"
    assert turned.score[:2].tolist() == pytest.approx([0.1, 0.9])
    kept = load(path, ["j"], ["g"], score_cols=["c"], score_means="correct").judges["j"]
    assert kept.score[:2].tolist() == [0.9, 0.9]


@pytest.mark.parametrize(("unit", "kind", "no"), [(100, "probability", 0.1), (5, "score", -4.5)])
def test_confidence_in_other_units(tmp_path, unit, kind, no):
    rows = [f"{j},{unit * float(c):g},{g}" for j, c, g in (row.split(",") for row in SURE)]
    path = table(tmp_path, "j,c,g", rows)
    assert "does not tell" in refusal(path, ["j"], ["g"], score_cols=["c"])
    turned = load(path, ["j"], ["g"], score_cols=["c"], score_means="verdict").judges["j"]
    assert turned.score_kind == kind
    assert turned.score[0] == pytest.approx(no)


def test_scores_of_both_signs_are_no_confidence(tmp_path):
    rows = [f"{j},{2 * float(c) - 1.5:g},{g}" for j, c, g in (row.split(",") for row in SURE)]
    path = table(tmp_path, "j,c,g", [*rows, "no,-0.3,no"])
    assert load(path, ["j"], ["g"], score_cols=["c"]).judges["j"].score_kind == "score"


def test_confidence_in_a_tie_says_nothing_of_a_side(tmp_path):
    path = table(tmp_path, "j,c,g", ["A,0.8,A", "tie,0.9,tie", "B,0.7,B"])
    found = load(path, ["j"], ["g"], score_cols=["c"], score_means="verdict").judges["j"]
    assert found.has_score.tolist() == [True, False, True]
    assert found.score[[0, 2]].tolist() == pytest.approx([0.2, 0.7])


def test_numbers_on_one_side_of_the_middle_are_asked_about(tmp_path):
    rows = [f"{number},{'AB'[number > 4]}" for number in (1, 2, 3, 5, 6, 7)] * 2
    path = table(tmp_path, "s,g", rows)
    assert "lie on one side of 0, so that every verdict would be 'B'" in refusal(path, [], ["g"], score_cols=["s"])
    found = load(path, [], ["g"], score_cols=["s"], threshold=4).judges["s"]
    assert (found.judge == found.gold[:, 0]).all()


def test_a_threshold_of_the_judges_own(tmp_path):
    path = table(tmp_path, "s,g", ["0.6,no", "0.8,yes", "0.7,yes", "0.2,no"])
    found = load(path, [], ["g"], score_cols=["s"], threshold=0.7).judges["s"]
    # A number that passes from .7 on is not the chance to be correct.
    assert (found.judge.tolist(), found.score_kind) == ([0, 1, 1, 0], "score")


@pytest.mark.parametrize(
    ("judges", "options", "words"),
    [
        ([], {"score_cols": ["c"], "score_means": "verdict"}, "needs the verdicts"),
        (["j"], {"score_cols": ["c"], "threshold": 0.7}, "has them"),
        (["j"], {"threshold": 0.7}, "is about numbers"),
        (["j"], {"score_means": "correct"}, "is about numbers"),
    ],
)
def test_what_can_not_be_meant(tmp_path, judges, options, words):
    assert words in refusal(table(tmp_path, "j,c,g", SURE), judges, ["g"], **options)


def test_ratings_have_no_threshold(tmp_path):
    path = table(tmp_path, "c,g", ["1.5,2", "4.2,5"])
    assert "checks and pairs" in refusal(path, [], ["g"], score_cols=["c"], threshold=3)


@pytest.mark.skipif(not CASES.is_dir(), reason="needs the inputs beside the checkout")
@pytest.mark.parametrize(
    ("case", "file", "scores"),
    [
        ("02-minus-one-is-an-error", "t.csv", ()),
        ("42-total-row", "tot.csv", ()),
        ("42-total-row", "tot2.csv", ()),
        ("21-pair-none", "t.csv", ()),
        ("34-confidence-in-the-verdict", "t.csv", ("confidence",)),
        ("34-confidence-in-the-verdict", "t.csv", ("conf100",)),
    ],
)
def test_the_cases_are_asked_about(case, file, scores):
    refusal(CASES / case / file, ["judge"], ["human"], score_cols=scores)


def test_a_number_in_the_middle_of_two_answers_is_a_tie(tmp_path):
    path = table(tmp_path, "s,g", [f"{s},{'AB'[s > 4]}" for s in (1, 2, 3, 5, 6, 7, 4, 4, 2, 6)])
    found = load(path, [], ["g"], score_cols=["s"], threshold=4)
    assert found.scale.spec == "pair:3"
    assert found.judges["s"].judge.tolist() == [0, 0, 0, 2, 2, 2, 1, 1, 0, 2]
    said = load(path, [], ["g"], score_cols=["s"], threshold=4, scale=Scale.pair(2)).judges["s"]
    assert said.judge.tolist() == [0, 0, 0, 1, 1, 1, -1, -1, 0, 1]


@pytest.mark.parametrize(
    ("judge", "gold", "asked"),
    [
        ([10, 9, 7, 8, 6], [5, 5, 3, 4, 3], True),
        ([90, 100, 40, 80, 55], [5, 5, 2, 4, 3], True),
        ([5, 5, 4, 3, 3], [95, 90, 70, 60, 75], True),
        ([0.9, 1.0, 0.4, 0.8, 0.5], [4.5, 5, 2.5, 4, 3], True),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 3], False),
        ([10, 2, 3, 4, 1], [5, 2, 3, 4, 1], False),
        ([7, 5, 6, 4, 7], [5, 3, 4, 5, 4], False),
    ],
)
def test_two_units_are_asked_about(tmp_path, judge, gold, asked):
    path = tmp_path / "t.csv"
    path.write_text("j,g\n" + "".join(f"{a},{b}\n" for a, b in zip(judge * 3, gold * 3, strict=True)))
    low, high = min(judge + gold), max(judge + gold)
    kind = "number" if 0.9 in judge else "rate"
    assert judgebench.score(path, judge="j", gold="g", scale=f"{kind}:{low:g}-{high:g}").rows
    if asked:
        with pytest.raises(UsageError, match=r"in two units\? Say rescale j=LO-HI:"):
            judgebench.score(path, judge="j", gold="g")
    else:
        assert judgebench.score(path, judge="j", gold="g").rows


def test_ratings_from_0_beside_ratings_from_1(tmp_path):
    rows = ["0,1", "4,5", "3,4", "2,3", "1,2", "4,4"] * 2
    path = table(tmp_path, "j,g", rows)
    asked = (
        "j says 0 to 4, g 1 to 5: one scale, scale rate:0-5, or two that count from 0 and from 1, rescale j=0-4:1-5?"
    )
    assert refusal(path, ["j"], ["g"]) == asked
    assert "rescale j=0-4:1-5?" in refusal(path, ["g"], ["j"])
    assert load(path, ["j"], ["g"], rescale={"j": "0-4:1-5"}).judges["j"].judge.tolist() == [0, 4, 3, 2, 1, 4] * 2
    assert load(path, ["j"], ["g"], scale=Scale.rate(0, 5)).scale.spec == "rate:0-5"
    assert load(table(tmp_path, "j,g", [*rows, "5,0"]), ["j"], ["g"]).scale.spec == "rate:0-5"


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ({"tone": "15243", "facts": ["80", "55", "20", "95", "35"]}, "tone 1 to 5; facts 20 to 95"),
        ({"tone": "15243", "polite": "01101"}, "tone 1 to 5; polite 0 to 1"),
        ({"tone": "15243", "polite": ["yes", "no", "yes", "yes", "no"]}, "tone 1 to 5; polite no, yes"),
        ({"tone": "15243", "facts": "33432"}, ""),
    ],
)
def test_criteria_on_scales_of_their_own_are_asked_about(tmp_path, cells, shown):
    names = list(cells)
    wide = table(tmp_path, ",".join(f"j_{name},h_{name}" for name in names), [
        ",".join(f"{cells[name][i]},{cells[name][i]}" for name in names) for i in range(5)
    ])  # fmt: skip
    if not shown:
        assert load(wide, ["j_{criterion}"], ["h_{criterion}"]).scale.spec == "rate:1-5"
        return
    said = f"the criteria are on scales of their own ({shown}): measure those of each scale by themselves, "
    assert f"{said}the columns j_NAME and h_NAME" in refusal(wide, ["j_{criterion}"], ["h_{criterion}"])
    long = table(
        tmp_path, "id,what,j,h", [f"{i},{name},{cells[name][i]},{cells[name][i]}" for i in range(5) for name in names]
    )
    options = {"id_col": "id", "criterion": "what"}
    assert f"{said}where 'what = NAME'" in refusal(long, ["j"], ["h"], **options)
    assert load(long, ["j"], ["h"], **options, where=["what = tone"]).scale.spec == "rate:1-5"


def test_one_criterion_may_run_the_other_way(tmp_path):
    wide = table(tmp_path, "j_tone,h_tone,j_tox,h_tox", ["1,1,5,1", "2,3,4,2", "5,5,1,5"])
    options = {"scale": Scale.rate(1, 5)}
    turned = load(wide, ["j_{criterion}"], ["h_{criterion}"], reverse=["j_tox"], **options).judges["j"]
    assert turned.judge.tolist() == [0, 0, 1, 1, 4, 4]
    assert turned.gold[:, 0].tolist() == [0, 0, 2, 1, 4, 4]
    assert "say j_tox or h_tox" in refusal(wide, ["j_{criterion}"], ["h_{criterion}"], reverse=["tox"], **options)
    long = table(
        tmp_path, "id,what,j,h", ["1,tone,1,1", "1,tox,5,1", "2,tone,2,3", "2,tox,4,2", "3,tone,5,5", "3,tox,1,5"]
    )
    options |= {"id_col": "id", "criterion": "what"}
    assert load(long, ["j"], ["h"], reverse=["j:tox"], **options).judges["j"].judge.tolist() == turned.judge.tolist()
    assert "say j:tox or h:tox" in refusal(long, ["j"], ["h"], reverse=["tox"], **options)


def test_a_list_with_a_label_for_each_answer(tmp_path):
    path = table(tmp_path, "j,h", ['"[4, 3]","[5, 3]"', '"[2, 1]","[2, 2]"'])
    with pytest.raises(DataError, match=r"a list with a label for each of several answers is judge 'C\.\{criterion\}'"):
        load(path, ["j"], ["h"])
    found = load(path, ["j.{criterion}"], ["h.{criterion}"], scale=Scale.rate(1, 5)).judges["j"]
    assert (found.subsets, found.judge.tolist(), found.gold[:, 0].tolist()) == (("0", "1"), [3, 2, 1, 0], [4, 2, 1, 1])


def test_json_that_was_cut_off_is_never_silent(tmp_path):
    path = table(tmp_path, "j,h", ['"{""v"": ""A""}",A', '"{""v"": ""B""",B', '"{""v"": ""A""}",A', "ERROR,B"])
    with pytest.raises(DataError, match=r"'ERROR' \(j\.v line 5\), '\{\"v\": \"B\"' \(j\.v line 3\) are not"):
        load(path, ["j.v"], ["h"])
    for name in ("j.v", "j"):
        found = load(path, [name], ["h"], read_replies=True, missing=["ERROR"])
        assert found.judges[name].judge.tolist() == [0, -1, 0, -1]
        assert any(note.startswith(f"{name}: 2 of 4 cells (lines 3, 5) hold no verdict") for note in found.notes)


def test_decimal_commas_on_a_scale_of_numbers(tmp_path):
    path = table(tmp_path, "j;g", ["38,82;39,1", "5,8;7,0", "61,5;60,25"])
    with pytest.raises(DataError, match="not on the scale number:0-100"):
        load(path, ["j"], ["g"], scale=Scale.number(0, 100))
    found = load(path, ["j"], ["g"], scale=Scale.number(0, 100), read_replies=True)
    assert found.scale.numbers(found.judges["j"].judge).tolist() == pytest.approx([38.82, 5.8, 61.5])


def test_all_that_is_in_doubt_is_said_at_once(tmp_path):
    path = table(tmp_path, "j,g", ["yes,yes", "no,yess", "N/A,no", "None,N/A", "yes,None", "no,no"])
    with pytest.raises(DataError) as caught:
        load(path, ["j"], ["g"])
    message = str(caught.value)
    assert "'yess' (g line 3)" in message
    assert "'N/A' (j line 4; g line 5), 'None' (j line 5; g line 6) may be an answer or a gap" in message
