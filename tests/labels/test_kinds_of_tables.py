"""Tables as people have them, kind by kind: read as they would read them, or asked about."""

from __future__ import annotations

import pytest

import judgebench
from judgebench.api.doctor import doctor
from judgebench.errors import JudgebenchError


@pytest.fixture
def first(table):
    """The first reading that the doctor has of a text, as its options, and all that it asks and notes."""

    def _first(text, name="t.csv"):
        found = doctor(table(text, name)).diagnosis
        return dict(found.readings[0].options) if found.readings else {}, " ".join([*found.questions, *found.notes])

    return _first


def lines(header, rows):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def figure(path, name, metric="accuracy", **columns):
    (row,) = [row for row in judgebench.score(path, **columns).rows if row.judge == name]
    return round(row.metrics[metric].value, 4)


SAYS = ["yes", "no", "yes", "yes", "no", "no", "yes", "no", "yes", "no", "no", "yes"]
GOLD = ["yes", "no", "no", "yes", "no", "yes", "yes", "no", "yes", "no", "no", "no"]
PAIRS = list(enumerate(zip(SAYS, GOLD, strict=True)))


@pytest.mark.parametrize("name", ["size", "num_items", "frequency"])
def test_counts_by_any_name(first, name):
    rows = [("x", "pass", "pass", 9), ("x", "pass", "fail", 2), ("x", "fail", "pass", 1), ("y", "fail", "fail", 7)]
    options, _ = first(lines(f"subset,judge,human,{name}", rows))
    assert options["count"] == name


def test_a_number_of_words_is_no_count_of_items(first):
    rows = [(i, a, b, 10 + i) for i, (a, b) in PAIRS]
    assert "count" not in first(lines("id,judge,human,num_words", rows))[0]


def test_marks_where_something_applies(first):
    rows = [(i, *("x" if g == one else "" for one in ("yes", "no")), s) for i, (s, g) in PAIRS]
    options, _ = first(lines("id,human_yes,human_no,judge", rows))
    assert options["one_hot"] == {"human": ["human_yes", "human_no"]}


def test_who_always_says_the_same_is_a_rater_still_and_a_language_is_none(first):
    rows = [(i, a, "yes", "en") for i, (a, _) in PAIRS]
    options, said = first(lines("id,ann,ben,lang", rows))
    assert {*options["judge"], *options["gold"]} == {"ann", "ben"}
    assert "ben always says the same" in said


def test_lists_with_repeats_are_no_sets(table, write):
    rows = [{"id": i, "judge": [s, s, g], "human": g} for i, (s, g) in PAIRS]
    found = doctor(write(rows, "t.jsonl")).diagnosis
    assert found.readings[0].options["judge"] == ["judge.*"]
    assert found.questions
    steps = [{"id": i, "judge": [1, 0, 0], "human": [1, i % 2, 0]} for i in range(6)]
    assert doctor(write(steps, "u.jsonl")).diagnosis.readings[0].options["scale"] == "steps"


def test_labels_joined_by_another_mark_are_sets(first):
    said = ["a#b", "a", "b", "b#a", "a#c", "c"] * 2
    options, _ = first(lines("id,judge,human", [(i, one, said[i - 1]) for i, one in enumerate(said)]))
    assert options["scale"] == "set"
    assert options["words"]["a#b"] == "a|b"


def test_choices_in_an_object_are_a_set(table):
    cells = ['"{""choices"": [""a"", ""b""]}"', "a", "b", '"{""choices"": []}"', '"{""choices"": [""b"", ""a""]}"']
    rows = [(i, one, two) for i, (one, two) in enumerate(zip(['"a,b"', "a", "b", "[]", "a"], cells, strict=True))]
    path = table(lines("id,judge,human", rows))
    assert doctor(path).diagnosis.readings[0].options["scale"] == "set"
    assert figure(path, "judge", "percent_agreement", judge="judge", gold="human", scale="set") == 0.8


def test_one_label_written_in_two_ways_is_asked_about(first):
    rows = [(i, {"yes": "Sí"}.get(s, s), {"yes": "si"}.get(g, g)) for i, (s, g) in PAIRS]
    options, said = first(lines("id,judge,human", rows))
    assert set(options["words"].items()) & {("si", "Sí"), ("Sí", "si")}
    assert "two ways" in said


def test_a_short_word_that_no_rule_reads_is_asked_about(first):
    said = ["A", "B", "50/50", "tie", "A", "B", "A", "tie", "B", "B"]
    options, asked = first(lines("id,judge,human", [(i, one, "AB"[i % 2]) for i, one in enumerate(said)]))
    assert options["missing"] == ["50/50"]
    assert "50/50" in asked


def test_a_third_of_the_verdicts_is_not_left_out(table):
    said = ["A", "B", "0", "0", "A", "B", "A", "0", "B", "B"]
    found = doctor(table(lines("id,judge,human", [(i, one, ["A", "B", "tie"][i % 3]) for i, one in enumerate(said)])))
    assert not found.diagnosis.readings
    assert "'0'" in " ".join(found.diagnosis.questions)


def test_what_both_sides_say_may_be_a_label(table):
    said = ["A", "B", "keine", "A", "B", "A", "keine", "B", "A", "B"]
    rows = [(i, one, said[i - 2]) for i, one in enumerate(said)]
    found = doctor(table(lines("id,judge,human", rows))).diagnosis
    assert [one.options.get("scale") for one in found.readings] == ["nominal:A,B,keine", None]


def test_none_as_a_label_is_in_the_scale(table):
    said = ["none", "minor", "major", "none", "minor", "minor", "major", "none"]
    found = doctor(table(lines("id,judge,human", [(i, one, said[i - 1]) for i, one in enumerate(said)]))).diagnosis
    assert found.readings[0].options["scale"] == "nominal:major,minor,none"


def test_units_of_confidence(first):
    sure = [6, 9, 10, 7, 8, 9, 10, 6, 7, 9, 8, 10]
    rows = [(i, *said) for i, said in enumerate(zip(SAYS, sure, GOLD, strict=True))]
    path = lines("id,judge,confidence,human", rows)
    assert "confidence" in first(path)[1]
    few = lines("id,judge,confidence,human", [(i, s, c // 2, g) for i, s, c, g in rows])
    options, asked = first(few)
    assert "scores" not in options
    assert "0.5-1" in asked


def test_logarithms_of_confidence(table):
    import numpy as np

    sure = np.linspace(0.51, 0.99, len(SAYS))
    rows = [(s, c, np.log(c), g) for s, c, g in zip(SAYS, sure, GOLD, strict=True)]
    path = table(lines("judge,p,logprob,human", rows))
    same = {"judge": "judge", "gold": "human", "score_means": "verdict"}
    assert figure(path, "judge", "auc", scores="logprob", **same) == figure(path, "judge", "auc", scores="p", **same)


def test_two_units_of_real_numbers_are_asked_about(table):
    rows = [(i, round(i * 0.77, 2), round(i * 7.4 + i % 3, 1)) for i in range(12)]
    found = doctor(table(lines("id,judge,human", rows))).diagnosis
    assert "rescale" in found.readings[1].options
    assert found.questions


def test_totals_between_and_below(table, first):
    ratings = [3, 4, 2, 5, 1, 4]
    rows = [("a", i, one, ratings[-i]) for i, one in enumerate(ratings)]
    sums = ("Subtotal", "", sum(ratings), sum(ratings))
    path = table(lines("group,item,judge,human", [*rows, sums, *(("b", *row[1:]) for row in rows)]))
    with pytest.raises(JudgebenchError, match="total of those above"):
        judgebench.score(path, judge="judge", gold="human")
    kept = judgebench.score(path, judge="judge", gold="human", where="group != Subtotal")
    assert kept.rows[0].items == 12
    mean = sum(ratings) / 6
    below = [*(row[1:] for row in rows), ("Mean", f"{mean:.2f}", f"{mean:.2f}"), ("Std", 1.3, 1.3)]
    assert first(lines("item,judge,human", below))[0]["drop_last"] == 2


def test_a_total_is_not_judged(table):
    rows = [(f"q{i}", f"a{i}", 1 + i % 5) for i in range(6)]
    path = table(lines("question,answer,human", [*rows, ("Mean", "", 2.5)]))
    with pytest.raises(JudgebenchError, match="looks like a total"):
        judgebench.run("baseline/random", path, runs=path.parent / "runs")


@pytest.mark.parametrize(
    ("judge", "human"), [("judge_irrelevant", "human_relevant"), ("llm_has_error", "expert_is_correct")]
)
def test_names_that_deny_each_other(first, judge, human):
    rows = [(i, *said) for i, said in PAIRS]
    assert first(lines(f"id,{judge},{human}", rows))[0]["reverse"] == [judge]


def test_what_a_status_or_a_threshold_says(first):
    rows = [(i, 1 + i % 5, 1 + (i + i // 7) % 5, int(i != 3)) for i in range(12)]
    assert first(lines("id,judge,human,result_status", rows))[0]["where"] == ["result_status = 1"]
    rows = [(i, 0.4 + i / 20, 0.7, g) for i, g in enumerate(GOLD)]
    assert first(lines("id,score,threshold,human", rows))[0]["threshold"] == 0.7


@pytest.mark.parametrize(
    ("name", "marks", "kept"), [("is_valid", ("False", "True"), "= True"), ("exclude", ("x", ""), "is empty")]
)
def test_rows_that_are_marked_are_asked_about(first, name, marks, kept):
    rows = [(i, s, g, marks[i % 5 > 0]) for i, (s, g) in PAIRS]
    assert first(lines(f"id,judge,human,{name}", rows))[0]["where"] == [f"{name} {kept}"]


def test_which_answer_was_shown_first(first):
    said = ["A", "B", "A", "B", "B", "A", "A", "B"]
    rows = [(i, o, w if o == "A" else "BA"[w == "B"], w) for i, w in enumerate(said) for o in "AB"]
    options, _ = first(lines("pair,shown_first,winner,human", rows))
    assert (options["order"], options["id"]) == ("shown_first", ["pair"])


def test_a_label_that_was_changed_is_no_second_mark(first):
    rows = [(i, who, one) for i, two in PAIRS for who, one in zip(("gpt-4", "ann"), two, strict=True)]
    options, _ = first(lines("item,rater,label", [*rows, (3, "ann", "yes")]))
    assert options["combine"] == "majority"


def test_shares_are_no_counts(first):
    asked = first("judge,human,percent\nyes,yes,60.2\nyes,no,6.0\nno,yes,9.7\nno,no,24.1\n")[1]
    assert "adds up to 100" in asked


def test_parts_of_a_text_name_the_item(first):
    rows = [
        (d, s, who, 1 + (d + s * 2 + len(who)) % 5) for d in range(4) for s in range(6) for who in ("rater1", "gpt-4")
    ]
    assert first(lines("doc,seg,rater,score", rows))[0]["id"] == ["doc", "seg"]


def test_an_object_is_no_rater(write):
    rows = [{"id": i, "human": g, "judge": {"label": s}} for i, (s, g) in PAIRS]
    found = doctor(write({"data": {"items": rows}})).diagnosis
    assert found.readings[0].options["judge"] == ["judge.label"]


def test_gold_that_is_written_once(table):
    rows = [(i, who, s, g if who == "x" else "") for i, (s, g) in PAIRS for who in ("x", "y")]
    path = table(lines("id,judge,verdict,human", rows))
    said = {"judge_name": "judge", "judge": "verdict", "gold": "human", "id": "id"}
    assert figure(path, "y", **said) == figure(path, "x", **said) == 0.75


def test_degrees_count_as_sides_where_gold_has_none(table):
    said = ["A>>B", "B>A", "A>B", "B>>A", "A=B", "A>>B"]
    path = table(lines("judge,human", zip(said, ["A", "B", "A", "B", "tie", "B"], strict=True)))
    assert figure(path, "judge", judge="judge", gold="human") == round(5 / 6, 4)
    likert = ["A much better", "B is slightly better", "A better", "B far better", "tie", "A somewhat better"]
    path = table(lines("judge,human", zip(likert, ["A", "B", "A", "B", "tie", "B"], strict=True)), "u.csv")
    for read in (False, True):
        assert figure(path, "judge", judge="judge", gold="human", read_replies=read) == round(5 / 6, 4)


def test_a_confusion_table_without_a_corner(first, table):
    assert first(",pass,fail\npass,50,8\nfail,5,20\n")[0] == {"confusion": True}
    assert "two ways" in first(",pred_pass,pred_fail\ntrue_pass,50,8\ntrue_fail,5,20\n", "u.csv")[1]


def test_a_confusion_table_with_totals(first):
    told = first("human,pass,fail,Total\npass,50,8,58\nfail,5,20,25\nTotal,55,28,83\n")
    assert not told[0]
    assert "sum of the other" in told[1]


def test_criteria_whose_gold_is_named_by_them_alone(table):
    rows = [(i, i % 5, (i + 1) % 5, (i + i % 3) % 5, (i + 2) % 5) for i in range(12)]
    found = doctor(table(lines("id,helpfulness,clarity,judge_helpfulness,judge_clarity", rows))).diagnosis
    assert [(one.options["judge"], one.options["gold"]) for one in found.readings] == [
        (["judge_helpfulness"], ["helpfulness"]), (["judge_clarity"], ["clarity"]),
    ]  # fmt: skip


def test_files_together(table, write, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    gold = table(lines("pair_id,gold", enumerate(GOLD)), "gold.csv")
    nested = [{"pair_id": i, "parsed": {"verdict": s, "tags": ["x", "y"]}} for i, s in enumerate(SAYS)]
    found = doctor([gold, write(nested, "v.jsonl")]).diagnosis
    assert found.readings[0].options["judge"] == ["parsed.verdict"]
    both = [table(lines("qid,turn,winner", [(i // 2, i % 2, one) for i, one in enumerate(said)]), name)
            for said, name in ((SAYS, "gpt.csv"), (GOLD, "human.csv"))]  # fmt: skip
    assert doctor(both).diagnosis.readings[0].options["id"] == ["qid", "turn"]
    other = table(lines("custom,verdict", enumerate(SAYS)), "other.csv")
    with pytest.raises(JudgebenchError, match="has custom, verdict"):
        doctor([gold, other])


def test_another_tools_file_beside_a_table(table, write):
    rows = [{"question_id": i, "model": "m", "judge": ["gpt-4", "single"], "user_prompt": "", "judgment": "",
             "score": -1 if i == 3 else 1 + i % 5, "turn": 1, "tstamp": 1.0} for i in range(12)]  # fmt: skip
    human = table(lines("question_id,human", [(i, 1 + (i + i // 9) % 5) for i in range(12)]), "human.csv")
    found = doctor([write(rows, "gpt.jsonl"), human]).diagnosis
    assert found.readings[0].options["judge"] == ["score (gpt-4 single)"]


def test_columns_beside_another_tools_labels(write):
    tasks = [
        {"id": i, "data": {"judge": s}, "annotations": [{"id": i, "completed_by": 1, "result": [
            {"from_name": "ok", "to_name": "t", "type": "choices", "value": {"choices": [g]}}]}]}
        for i, (s, g) in PAIRS
    ]  # fmt: skip
    path = write(tasks)
    options = doctor(path).diagnosis.readings[0].options
    assert options["judge"] == ["data.judge"]
    assert figure(path, "data.judge", judge="data.judge") == 0.75
