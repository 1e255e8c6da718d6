"""Tables become ratings: codes, clusters, gaps; what is doubtful is refused with its lines."""

from __future__ import annotations

import csv
import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_tables import load

from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError
from judgebench.labels.layout import LongSpec


def refusal(path, *args, error=DataError, **options):
    with pytest.raises(error) as caught:
        load(path, *args, **options)
    return str(caught.value).replace(str(path), "FILE")


def test_one_ratings_per_judge(table):
    path = table("question,judge,second,h1,h2\nq1,Pass,fail,yes,no\nq1,FAIL,,no,\nq2,pass,pass,1,true\n")
    loaded = load(path, ["judge", "second"], ["h1", "h2"], cluster_col="question")
    assert loaded.scale == Scale.check()
    assert list(loaded.judges) == ["judge", "second"]
    first, second = loaded.judges.values()
    assert first.judge.tolist() == [1, 0, 1]
    assert second.judge.tolist() == [0, -1, 1]
    assert first.gold.tolist() == [[1, 0], [0, -1], [1, 1]]
    assert first.annotators == ("h1", "h2")
    assert first.cluster.tolist() == [0, 0, 1]
    assert first.item.tolist() == [0, 1, 2]
    assert first.subsets == first.systems == ("",)
    assert loaded.missing == {"judge": 0, "second": 1, "h1": 0, "h2": 1}
    assert {a.dtype for a in (first.judge, first.gold, first.cluster, first.item, first.subset)} == {np.dtype(np.int64)}
    assert loaded.notes[0] == "scale check: the one that all labels fit"
    assert "second: 1 of 3 cells (line 3) hold no verdict; the policy invalid says what they count as" in loaded.notes
    assert loaded.revision.startswith("data:")


def test_systems_subsets_and_blank_clusters(table):
    path = table("q,m,s,j,g\na,x,one,A,B\n,y,,B,A\n,x,one,tie,A\na,y,two,A,A\n")
    ratings = load(path, ["j"], ["g"], cluster_col="q", system_col="m", subset_col="s").judges["j"]
    assert ratings.systems == ("x", "y")
    assert ratings.system.tolist() == [0, 1, 0, 1]
    assert ratings.subsets == ("one", "(none)", "two")
    assert ratings.cluster.tolist()[0] == ratings.cluster.tolist()[3]
    assert len(set(ratings.cluster.tolist())) == 3
    assert sorted(set(ratings.cluster.tolist())) == [0, 1, 2]


def test_rows_without_gold_are_left_out_and_counted(table):
    path = table("q,j,g\na,yes,\nb,yes,no\nc,no,NA\nd,no,no\n")
    loaded = load(path, ["j"], ["g"], cluster_col="q")
    assert (loaded.rows, loaded.unlabelled) == (4, 2)
    assert loaded.judges["j"].judge.tolist() == [1, 0]
    assert loaded.judges["j"].cluster.tolist() == [0, 1]
    assert "unlabelled_rows" in loaded.warnings
    assert refusal(table("j,g\nyes,\nno,NaN\n"), ["j"], ["g"]).startswith("FILE: no row has a gold label in g")


def test_one_row_and_constant_raters_load(table):
    one = load(table("j,g\nyes,no\n"), ["j"], ["g"])
    assert one.judges["j"].gold.shape == (1, 1)
    assert "they never agree" in one.notes[-1]
    assert load(table("j,g\nyes,yes\nyes,yes\n"), ["j"], ["g"]).judges["j"].judge.tolist() == [1, 1]


def test_unknown_words_are_listed_all_at_once_with_their_lines(table):
    body = "".join(f"{'maybe' if i % 3 == 0 else 'yes'},{'no' if i else 'unsure'}\n" for i in range(21))
    message = refusal(table("judge,h1\n" + body), ["judge"], ["h1"], scale=Scale.check())
    assert message == (
        "FILE: 2 labels are not on the scale check: 'maybe' (judge 7 cells, first on line 2), "
        "'unsure' (h1 line 2); its words are correct/incorrect, right/wrong, true/false, yes/no, pass/fail, y/n, t/f, "
        "1/0; say what they mean with words OLD=NEW, or leave them out with missing OLD"
    )
    inferred = refusal(table("judge,h1\nyes,no\nno,yes\npass,Dunno\n"), ["judge"], ["h1"])
    assert inferred.startswith("FILE: most labels are words of the check scale, but 'Dunno' (h1 line 4) is not")


def test_continuous_scores_and_levels_off_the_range(table):
    path = table("j,g\n3.5,4\n2,2\n")
    assert "numbers with decimals are scores, not labels" in refusal(path, ["j"], ["g"])
    assert "3.5' (j line 2)" in refusal(path, ["j"], ["g"], scale=Scale.rate(1, 5))
    message = refusal(table("j,g\n6,4\n2,2\n"), ["j"], ["g"], scale=Scale.rate(1, 5))
    assert message.startswith("FILE: 1 label is not on the scale rate:1-5: '6' (j line 2)")


def test_an_inferred_range_is_declared_to_be_so(table):
    loaded = load(table("j,g\n1,4\n2,2\n"), ["j"], ["g"])
    assert loaded.scale == Scale.rate(1, 4)
    assert loaded.warnings == ("undeclared_levels",)
    assert load(table("j,g\n1,4\n2,2\n"), ["j"], ["g"], scale=Scale.rate(1, 5)).warnings == ()


def test_numbers_on_a_pair_scale(table):
    path = table("j,g\n1,2\n2,tie\n")
    loaded = load(path, ["j"], ["g"], scale=Scale.pair())
    assert loaded.judges["j"].gold[:, 0].tolist() == [2, 1]
    assert "1 and 2 are read as the first and the second response" in loaded.notes
    zero = table("j,g\n1,2\n2,0\n")
    assert "words 0=tie words 1=A words 2=B" in refusal(zero, ["j"], ["g"], scale=Scale.pair())
    assert "words 0=tie" in refusal(zero, ["j"], ["g"], error=UsageError)
    meant = load(zero, ["j"], ["g"], words={"0": "tie", "1": "A", "2": "B"})
    assert meant.scale == Scale.pair()
    assert meant.judges["j"].gold[:, 0].tolist() == [2, 1]


def test_words_may_be_given_a_meaning_or_made_gaps(table):
    path = table("j,g\nyes,unsure\nno,no\nYES,garbage\n")
    loaded = load(path, ["j"], ["g"], words={"Unsure": "no", "garbage": ""})
    assert loaded.judges["j"].gold[:, 0].tolist() == [0, 0]
    assert loaded.unlabelled == 1
    with pytest.raises(UsageError, match="two meanings"):
        load(path, ["j"], ["g"], words={"Unsure": "no", "unsure ": "yes"})


def test_two_label_sets_are_refused(table):
    path = table("j,g\ncat,dog\ncow,hen\n")
    message = refusal(path, ["j"], ["g"], scale=Scale.parse("nominal:cat,cow,dog,hen"))
    assert message.startswith("FILE: j only says cat, cow, g only dog, hen: two different sets of labels")
    tens = "j,g\n" + "1,10\n2,20\n" * 15
    assert "two different sets of labels" in refusal(table(tens), ["j"], ["g"], scale=Scale.rate(1, 20))
    harsh = load(table("j,g\n1,4\n2,5\n"), ["j"], ["g"], scale=Scale.rate(1, 5))
    assert "they never agree" in harsh.notes[-1]
    # It is one judge's affair: nothing is said of the table, whose other judge agrees throughout.
    two = load(table("j,k,g\n4,1,1\n5,2,2\n"), ["j", "k"], ["g"], scale=Scale.rate(1, 5))
    assert [note for note in two.notes if "never agree" in note] == [
        "j only says 4, 5, g only 1, 2: they never agree; check that both use the same scale"
    ]
    assert not two.warnings


def test_duplicate_ids(table):
    path = table("id,j,g\n1,yes,no\n2,no,no\n1,no,no\n")
    assert refusal(path, ["j"], ["g"], id_col="id").startswith("FILE: 2 rows have the id '1' (lines 2, 4)")
    assert load(path, ["j"], ["g"], id_col="id", cluster_col="id").judges["j"].cluster.tolist() == [0, 1, 0]
    assert "FILE:3, field 'id': a row without an id" in refusal(
        table("id,j,g\n1,yes,no\n,no,no\n"), ["j"], ["g"], id_col="id"
    )


def test_columns_must_be_named_once_and_be_labels(table):
    path = table("j,g,t\n" + "".join(f"yes,no,text {i}\n" for i in range(3000)))
    assert "twice" in refusal(path, ["j"], ["j"], error=UsageError)
    assert "name a gold column" in refusal(path, ["j"], [], error=UsageError)
    assert "field 't': more than 2,000 different values" in refusal(path, ["t"], ["g"])
    assert "not on the scale rank:3" in refusal(path, ["j"], ["g"], scale=Scale.rank(3))


LONG = "item,rater,label,m\nq1,gpt,yes,x\nq1,ann,no,x\nq2,ann,yes,y\nq2,bob,yes,y\nq3,gpt,no,x\nq3,bob,no,x\n"


def test_long_form(table):
    loaded = load(table(LONG), ["gpt"], ["ann", "bob"], long=LongSpec("item", "rater", "label"), system_col="m")
    ratings = loaded.judges["gpt"]
    assert ratings.judge.tolist() == [1, -1, 0]
    assert ratings.gold.tolist() == [[0, -1], [1, 1], [-1, 0]]
    assert ratings.systems == ("x", "y")
    assert ratings.system.tolist() == [0, 1, 0]
    assert loaded.rows == 3
    assert (
        load(table(LONG), ["gpt"], ["ann"], long=LongSpec("item", "rater", "label")).notes[0] == "raters left out: bob"
    )


def test_a_long_table_without_gold_columns_has_everybody_else_as_annotators(table):
    loaded = load(table(LONG), ["gpt"], [], long=LongSpec("item", "rater", "label"))
    named = load(table(LONG), ["gpt"], ["ann", "bob"], long=LongSpec("item", "rater", "label"))
    assert loaded.judges["gpt"].annotators == ("ann", "bob")
    assert loaded.judges["gpt"].gold.tolist() == named.judges["gpt"].gold.tolist()
    assert loaded.notes[0] == "gold: the 2 raters who are not judges: ann, bob"
    alone = load(table(LONG), [], [], long=LongSpec("item", "rater", "label")).judges[""]
    assert alone.annotators == ("gpt", "ann", "bob")


def test_hundreds_of_raters_take_one_note(table):
    rows = "".join(f"q{i // 3},w{(7 * i) % 300},{'yes' if i % 2 else 'no'}\n" for i in range(900))
    loaded = load(table(f"item,rater,label\n{rows}"), [], [], long=LongSpec("item", "rater", "label"))
    assert len(loaded.judges[""].annotators) == 300
    assert "900 labels of 300 items by 300 annotators" in loaded.notes
    assert len(loaded.notes) < 6


def test_long_form_refusals(table):
    spec = LongSpec("item", "rater", "label")
    path = table(LONG + "q1,ann,yes,x\n")
    assert "FILE: 2 labels by 'ann' for item 'q1' (lines 3, 8)" in refusal(path, ["gpt"], ["ann"], long=spec)
    message = refusal(table(LONG), ["gpd"], ["ann"], long=spec)
    assert "no rater is named 'gpd'; did you mean 'gpt'?; the raters are gpt, ann, bob" in message
    path = table(LONG.replace("q2,bob,yes,y", "q2,bob,yes,z"))
    assert "FILE:5, field 'm': item 'q2' has another system on line 4" in refusal(
        path, ["gpt"], ["ann"], long=spec, system_col="m"
    )
    assert "'perhaps' (bob line 5)" in refusal(
        table(LONG.replace("q2,bob,yes", "q2,bob,perhaps")), ["gpt"], ["ann", "bob"], long=spec
    )
    assert "FILE:2, field 'item': a row without an item" in refusal(
        table("item,rater,label\n,gpt,yes\nq,ann,yes\n"), ["gpt"], ["ann"], long=spec
    )
    assert LongSpec.parse("item, rater,label") == spec
    with pytest.raises(UsageError):
        LongSpec.parse("item,rater")


words = st.sampled_from(["yes", "No", " PASS", "0", "true", "", "NA"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(words, words, st.sampled_from("abc")), min_size=1, max_size=25), st.integers(0, 3))
def test_every_format_and_both_forms_read_the_same(tmp_path_factory, rows, seed):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [*rows, ("yes", "no", "a")]
    folder = tmp_path_factory.getbasetemp()
    records = [{"id": str(i), "j": j, "g": g, "q": q} for i, (j, g, q) in enumerate(rows)]
    with (folder / "t.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    (folder / "t.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    pq.write_table(pa.Table.from_pylist(records), folder / "t.parquet")
    long = [(r["id"], who, r[who], r["q"]) for r in records for who in ("j", "g")]
    random.Random(seed).shuffle(long)
    with (folder / "long.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("id", "rater", "label", "q"), *long])
    options = {"scale": Scale.check(), "cluster_col": "q"}
    wide = [load(folder / f"t.{end}", ["j"], ["g"], **options).judges["j"] for end in ("csv", "jsonl", "parquet")]
    for other in wide[1:]:
        for name in ("judge", "gold", "cluster", "item"):
            assert np.array_equal(getattr(wide[0], name), getattr(other, name))
    across = load(folder / "long.csv", ["j"], ["g"], long=LongSpec("id", "rater", "label"), **options).judges["j"]
    assert sorted(zip(across.judge, across.gold[:, 0], strict=True)) == sorted(
        zip(wide[0].judge, wide[0].gold[:, 0], strict=True)
    )
    assert sorted(np.bincount(across.cluster)) == sorted(np.bincount(wide[0].cluster))


@pytest.mark.data
def test_the_public_triviaqa_tables(data_dir):
    name = "TriviaQA_Judges_w_HumanJudgement_{}.csv.gz"
    folder = data_dir / "judging_the_judges"
    options = {"cluster_col": "question", "system_col": "model"}
    first = load(folder / name.format("V1"), ["GPT-4", "Llama-70B", "EM"], ["HumanJudgement"], **options)
    assert first.missing == {"GPT-4": 5, "Llama-70B": 135, "EM": 5, "HumanJudgement": 0}
    ratings = first.judges["GPT-4"]
    answered = ratings.judge >= 0
    # Recomputed from the public file with pandas (SOURCE.md of the data folder).
    assert round(float((ratings.judge == ratings.gold[:, 0])[answered].mean()), 4) == 0.9115
    assert (len(ratings.systems), int(ratings.cluster.max())) == (9, 399)
    second = load(folder / name.format("V2"), ["GPT-4", "Llama3-70B"], ["Human-Eval"], **options)
    assert (second.rows, second.unlabelled, len(second.judges["GPT-4"].judge)) == (3600, 400, 3200)
    agree = {n: float((r.judge == r.gold[:, 0]).mean()) for n, r in second.judges.items()}
    assert {n: round(v, 4) for n, v in agree.items()} == {"GPT-4": 0.95, "Llama3-70B": 0.9441}
    assert len(second.judges["GPT-4"].systems) == 8


def test_a_subset_of_the_name_of_the_row_of_all_items_is_refused(table):
    path = table("j,g,s\n" + "yes,yes,all\nno,yes,b\nno,no,b\n")
    said = refusal(path, ["j"], ["g"], subset_col="s")
    assert said.startswith("FILE: subset has a subset named 'all', as the row of all items is; name it")
    assert load(path, ["j"], ["g"], system_col="s").judges["j"].systems == ("all", "b")
