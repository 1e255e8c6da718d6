"""Score columns: what is read, what it is taken for, what is refused."""

from __future__ import annotations

import pytest
from own_tables import load

from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError
from judgebench.labels.layout import LongSpec


def write(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_probabilities_beside_labels(tmp_path):
    path = write(tmp_path, "judge,p,human\nyes,0.9,yes\nno,,no\nyes,0.5,\nno,1e-1,yes\n")
    table = load(path, ["judge"], ["human"], score_cols=["p"])
    found = table.judges["judge"]
    assert found.score.tolist() == [0.9, 0.0, 0.1]
    assert found.has_score.tolist() == [True, False, True]
    assert found.score_kind == "probability"
    assert found.judge.tolist() == [1, 0, 0]
    assert any("probabilities" in text for text in table.notes)
    assert any("1 of 3 cells hold no number" in text for text in table.notes)


def test_probabilities_alone_give_the_verdict(tmp_path):
    path = write(tmp_path, "a,b,human\n0.5,0.2,yes\n0.49,refused,no\n0.9,1,yes\n")
    table = load(path, [], ["human"], score_cols=["a", "b"])
    assert list(table.judges) == ["a", "b"]
    assert table.judges["a"].judge.tolist() == [1, 0, 1]
    assert table.judges["b"].judge.tolist() == [0, -1, 1]


@pytest.mark.parametrize(
    ("numbers", "kind", "codes"), [("0.2 0.5 0.8", "probability", [0, 1, 2]), ("-3 0 2", "score", [0, 1, 2])]
)
def test_a_pair_has_a_natural_threshold(tmp_path, numbers, kind, codes):
    cells = zip(numbers.split(), ["A", "tie", "B"], strict=True)
    path = write(tmp_path, "s,human\n" + "".join(f"{s},{gold}\n" for s, gold in cells))
    found = load(path, [], ["human"], score_cols=["s"]).judges["s"]
    assert (found.score_kind, found.judge.tolist()) == (kind, codes)


def test_ratings_alone_go_to_the_nearest_level(tmp_path):
    path = write(tmp_path, "s,human\n1.2,1\n3.6,4\n5,5\n")
    found = load(path, [], ["human"], scale=Scale.rate(1, 5), score_cols=["s"]).judges["s"]
    assert found.judge.tolist() == [0, 3, 4]
    assert found.score_kind == "score"


@pytest.mark.parametrize(
    ("text", "judges", "scores", "scale", "error", "words"),
    [
        ("j,s,g\nyes,x,no\nno,1,yes\n", ["j"], ["s"], None, DataError, "'x' is not a number"),
        ("j,s,g\nyes,inf,no\nno,1,yes\n", ["j"], ["s"], None, DataError, "'inf' is not a number"),
        ("j,s,g\nyes,7,no\nno,1,yes\n", [], ["s"], None, UsageError, "add threshold or judge$"),
        ("j,s,g\nyes,7,1\nno,1,5\n", [], ["s"], "rate:1-5", UsageError, "goes beyond"),
        ("j,s,g\nyes,7,no\nno,1,yes\n", ["j"], ["s", "s"], None, UsageError, "2 scores for 1 judge"),
        ("j,s,g\nyes,7,no\nno,1,yes\n", [], ["s", "s"], None, UsageError, "named twice"),
        ("j,s,g\nred,7,red\nblue,1,blue\n", ["j"], ["s"], "nominal:red,blue", UsageError, "needs a check"),
        ("j,s,g\nyes,7,no\nno,1,yes\n", ["j"], ["t"], None, DataError, "t"),
    ],
)
def test_what_is_refused(tmp_path, text, judges, scores, scale, error, words):
    chosen = None if scale is None else Scale.parse(scale)
    with pytest.raises((DataError, UsageError), match=words) as caught:
        load(write(tmp_path, text), judges, ["g"], scale=chosen, score_cols=scores)
    assert isinstance(caught.value, error)


def test_a_long_table_has_no_score_column(tmp_path):
    path = write(tmp_path, "item,rater,label\n1,a,yes\n1,b,yes\n")
    with pytest.raises(UsageError, match="wide table"):
        load(path, ["a"], ["b"], long=LongSpec("item", "rater", "label"), score_cols=["label"])
