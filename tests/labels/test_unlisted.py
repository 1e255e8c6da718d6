"""Tables of numbers, sets, orders and steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import judgebench
from judgebench.agreement.measure import measure
from judgebench.agreement.people.unlisted_humans import among_unlisted, measure_unlisted
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UsageError
from judgebench.labels.cells import Cells
from judgebench.labels.load import load


def row(loaded, policies=None, judge="j"):
    return measure(loaded.judges[judge], task="t", judge=judge, policies=policies, verify=True)[0]


def numbers(table, n=60, seed=2):
    rng = np.random.default_rng(seed)
    truth = rng.normal(50, 20, n)
    columns = np.clip((truth[:, None] + rng.normal(0, 9, (n, 4))).round(1), 0, 100)
    return table("j,a,b,c\n" + "\n".join(",".join(map(str, one)) for one in columns.tolist()) + "\n"), columns


def test_decimals_in_gold_are_numbers_and_scipy_agrees(table):
    path, columns = numbers(table)
    found = row(load(path, ["j"], ["a", "b", "c"]))
    judge, gold = columns[:, 0], columns[:, 1:].mean(axis=1).round(9)
    assert (found.headline, found.policies.gold, found.level) == ("lin_ccc", "mean", "interval")
    for name, theirs in (("pearson_r", stats.pearsonr), ("spearman_rho", stats.spearmanr),
                         ("kendall_tau_b", stats.kendalltau)):  # fmt: skip
        assert found.metrics[name].value == pytest.approx(theirs(judge, gold).statistic, abs=1e-12)
    assert found.metrics["root_mean_squared_error"].value == pytest.approx(np.sqrt(((judge - gold) ** 2).mean()))
    assert found.ceiling["krippendorff_alpha_joint"].n == 60
    assert not found.unverified


def test_people_who_move_sliders_are_measured_and_a_judge_among_them(table):
    krippendorff = pytest.importorskip("krippendorff")
    path, columns = numbers(table)
    loaded = load(path, ["j"], ["a", "b", "c"], scale=Scale.number(0, 100))
    humans = measure_unlisted(loaded.judges["j"])
    alpha = krippendorff.alpha(columns[:, 1:].T, level_of_measurement="interval")
    assert humans.coefficients["krippendorff_alpha"].value == pytest.approx(alpha, abs=1e-12)
    assert humans.metric == "lin_ccc"
    assert {"icc_a1", "icc_ck"} < set(humans.coefficients)
    judge = among_unlisted(loaded.judges["j"], Policies())
    joined = krippendorff.alpha(columns.T, level_of_measurement="interval")
    assert judge.alpha_with.value == pytest.approx(joined, abs=1e-12)


def test_silence_never_pays_on_numbers(table):
    path = table("j,g\n1.5,1\n,2.5\n3,3\n4.5,4\n2,2.25\n")
    loaded = load(path, ["j"], ["g"], scale=Scale.number(0, 5))
    wrong, dropped = (row(loaded, Policies(invalid=invalid)) for invalid in ("wrong", "drop"))
    for name in ("lin_ccc", "pearson_r", "krippendorff_alpha", "icc_a1"):
        assert wrong.metrics[name].value < dropped.metrics[name].value
    assert wrong.metrics["mean_absolute_error"].value > dropped.metrics["mean_absolute_error"].value
    assert wrong.metrics["spearman_rho"].undefined == "missing_numbers"


def test_what_is_no_number_or_beyond_the_range_is_named_with_its_line(table):
    path = table("j,g\n1.5,1.25\nmany,2\n7,3\n")
    with pytest.raises(
        DataError, match=r"2 cells are not on the scale number:0-5: '7' \(j line 4\), 'many' \(j line 3\)"
    ):
        load(path, ["j"], ["g"], scale=Scale.number(0, 5))
    with pytest.raises(DataError, match="lost in that range"):
        load(table("j,g\n1e30,1.5\n2,0.001\n", "u.csv"), ["j"], ["g"], scale=Scale.number())


def test_order_means_nothing_in_a_set_and_separators_may_differ(table):
    path = table('j,g\na|b,b;a\na,"a, c"\nb|a,"[""a"", ""b""]"\nc,c\n[],a\na|b|c,a|b\n')
    loaded = load(path, ["j"], ["g"], scale=Scale.sets())
    assert loaded.scale == Scale.sets(["a", "b", "c"])
    found = row(loaded)
    assert found.metrics["percent_agreement"].value == pytest.approx(0.5)
    assert found.metrics["mean_jaccard"].value == pytest.approx((1 + 1 / 2 + 1 + 1 + 0 + 2 / 3) / 6)
    assert set(found.classes) == {"a", "b", "c"}
    assert "cohen_kappa:a" in found.metrics
    assert not found.unverified


def test_alpha_of_sets_is_that_of_its_definition_in_nltk(table):
    agreement = pytest.importorskip("nltk.metrics.agreement")
    path = table("a,b,c\nx,x|y,x\ny,y,y|z\nx|z,x|z,x\nz,z,x|z\n")
    loaded = load(path, [], ["a", "b", "c"], scale=Scale.sets())
    lines = [line.split(",") for line in path.read_text().split()[1:]]
    data = [(who, str(i), frozenset(cell.split("|"))) for i, line in enumerate(lines)
            for who, cell in zip("abc", line, strict=True)]  # fmt: skip

    def masi(one, other):
        held = 1 if one == other else 2 / 3 if one <= other or other <= one else 1 / 3 if one & other else 0
        return 1 - held * len(one & other) / len(one | other)

    humans = measure_unlisted(loaded.judges[""])
    theirs = agreement.AnnotationTask(data=data, distance=masi).alpha()
    assert humans.coefficients["krippendorff_alpha"].value == pytest.approx(theirs, abs=1e-12)


def test_a_blank_cell_is_asked_about_where_it_matters(table):
    judged = table("j,g\na,a\n,b\n")
    assert row(load(judged, ["j"], ["g"], scale=Scale.sets())).coverage == 0.5
    for text in ("j,g\na,a\nb,\n", "j,g\na,[]\n,b\n"):
        path = table(text, "u.csv")
        with pytest.raises(UsageError, match="no label applies"):
            load(path, ["j"], ["g"], scale=Scale.sets())
        empty = load(path, ["j"], ["g"], scale=Scale.sets(), cells=Cells(words={"": "[]"}))
        assert empty.missing["j"] == 0
        assert load(path, ["j"], ["g"], scale=Scale.sets(), cells=Cells(words={"": ""})).rows == 2


def test_labels_that_may_end_at_either_mark_are_asked_about(table):
    path = table('j,g\n"York, N|b",b\nb,b\n')
    with pytest.raises(UsageError, match="labels may end at either"):
        load(path, ["j"], ["g"], scale=Scale.sets())
    with pytest.raises(DataError, match="not on the scale set:b,c"):
        load(table("j,g\na|b,b\n", "u.csv"), ["j"], ["g"], scale=Scale.sets(["b", "c"]))


def test_orders_and_steps_are_scored_as_in_runs(table):
    path = table('j,g\n"2,1,3",2>1>3\n"[1, 2, 3]",1>3>2\nbest>mid>low,x\n')
    with pytest.raises(DataError, match="not on the scale rank:3"):
        load(path, ["j"], ["g"], scale=Scale.rank(3))
    path = table('j,g\n"2,1,3",2>1>3\n"[1, 2, 3]",1>3>2\n')
    found = row(load(path, ["j"], ["g"], scale=Scale.rank(3)))
    assert found.metrics["kendall_tau"].value == pytest.approx((1 + 1 / 3) / 2)
    path = table('j,g\n"[1, 1, 0]","1,1,0"\ntrue false,1 0\n"1,1,1","1,0,1"\n')
    found = row(load(path, ["j"], ["g"], scale=Scale.steps()))
    assert found.metrics["step_agreement"].value == pytest.approx(7 / 8)
    with pytest.raises(UsageError, match="first wrong step"):
        load(table("j,g\n-1,2\n3,3\n"), ["j"], ["g"], scale=Scale.steps())


def test_first_errors_are_scored_as_processbench_does(table):
    first = Scale.parse("steps:first")
    assert first == Scale.steps(first=True) != Scale.steps()
    assert first.spec == "steps:first"
    cells = [(-1, -1), (2, 2), (0, 3), ("none", 1), ("", 2), (4, 4), ('"1,1,0"', 2), (3, -1)]
    path = table("id,j,g,h\n" + "".join(f"{i},{j},{g},{g}\n" for i, (j, g) in enumerate(cells)))
    found = row(load(path, ["j"], ["g", "h"], scale=first)).metrics
    # 3 of the 6 wrong solutions, 1 of the 2 right ones.
    assert found["first_error_accuracy"].value == pytest.approx(3 / 6)
    assert found["flawless_accuracy"].value == pytest.approx(1 / 2)
    assert found["first_error_f1"].value == pytest.approx(1 / 2)
    assert found["percent_agreement"].value == pytest.approx(4 / 8)
    # How many steps there are is not known.
    assert not found.keys() & {"step_kappa", "step_agreement", "error_f1"}


def test_a_first_step_of_0_is_asked_about(table):
    path, first = table("j,g\n0,2\n3,3\n1,0\n"), Scale.steps(first=True)
    with pytest.raises(UsageError, match=r"0 \(g line 4\) may be the first step or no wrong step: give words 0=0"):
        load(path, ["j"], ["g"], scale=first)
    said = [load(path, ["j"], ["g"], scale=first, cells=Cells({"0": word})).judges["j"] for word in ("0", "none")]
    assert [one.judge.tolist() for one in said] == [[0, 0, 0], [1, 0, 0]]
    with pytest.raises(DataError, match=r"1 cell is not on the scale steps:first: '-2' \(j line 2\)"):
        load(table("j,g\n-2,2\n3,-1\n"), ["j"], ["g"], scale=first)


def test_names_of_answers_in_order(table):
    path = table("j,g\nb>a>c,b>c>a\na>b>c,a>b>c\n")
    found = load(path, ["j"], ["g"], scale=Scale.rank(3)).judges["j"]
    assert found.sequence.tolist() == [[1, 0, 2], [0, 1, 2]]


@pytest.mark.parametrize("cells", [("['x', 'y']", "{'y', 'x'}", "set()"), ("('x', 'y',)", '["y", "x"]', "()")])
def test_sets_as_python_prints_them(table, cells):
    one, two, none = (f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
    path = table(f"j,a\n{one},{two}\n{none},[]\nx,y\n")
    loaded = load(path, ["j"], ["a"], scale=Scale.parse("set"))
    assert (loaded.judges["j"].judge == loaded.judges["j"].gold[:, 0]).tolist() == [True, True, False]


def test_what_numpy_prints_is_no_set(table):
    with pytest.raises(DataError, match=r"'\[''x'' ''y''\]'|not on the scale set"):
        load(table("j,a\n['x' 'y'],['x' 'y']\n"), ["j"], ["a"], scale=Scale.parse("set"))


@pytest.mark.parametrize("mark", [" / ", "/", " + ", " ", " & ", "\u3001"])
def test_sets_with_something_else_between_are_asked_about(table, mark):
    path = table(f"j,a\nx{mark}y,y\nx,x\ny,x\n")
    with pytest.raises(UsageError, match=r"is made of labels that occur alone \(x, y\).*set:a,b,c"):
        load(path, ["j"], ["a"], scale=Scale.parse("set"))
    said = load(path, ["j"], ["a"], scale=Scale.parse("set"), cells=Cells(words={f"x{mark}y": "x|y"}))
    assert said.scale.labels == ("x", "y")


def test_sets_in_a_frame():
    pandas = pytest.importorskip("pandas")
    rows = [["x", "y"], {"y"}, np.array(["x"]), ()]
    frame = pandas.DataFrame({"j": rows, "a": [["y", "x"], ["x"], ["x"], []]})
    found = judgebench.score(frame, judge="j", gold="a", scale="set")
    assert found.percent_agreement.value == 0.75
    assert found.alpha.value == found.krippendorff_alpha_masi.value
    with pytest.raises(DataError, match="several labels are a set: scale set"):
        judgebench.score(frame, judge="j", gold="a")
