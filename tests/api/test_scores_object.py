"""Scores: a sequence, attributes, frames, drawings, and how they look."""

from __future__ import annotations

import copy
import pickle
import xml.etree.ElementTree as ET
from dataclasses import FrozenInstanceError, replace

import matplotlib as mpl
import pandas as pd
import pytest
from documents import document

import judgebench
from judgebench.agreement.measure import measure
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Estimate, Scale
from judgebench.errors import DataError, UsageError
from judgebench.report.scores import Figure, Scores

mpl.use("agg")
HOSTILE = '<img src=x onerror="alert(1)">$\\frac{$ \x1b[31m=1+1 | [x](javascript:alert(1))'


def rows(scale: Scale, judge, gold, name: str = "judge", task: str = "task", **how):
    return tuple(measure(from_codes(scale, judge, gold), task=task, judge=name, **how))


CHECK = rows(Scale.check(), [0, 1, 1, 0, 1, 1, 0, 1] * 6, [0, 1, 1, 1, 1, 0, 0, 1] * 6, gold_source="human")
OTHER = rows(Scale.check(), [1, 1, 1, 0, 0, 1, 0, 1] * 6, [0, 1, 1, 1, 1, 0, 0, 1] * 6, name="other")
RATE = rows(Scale.parse("rate:1-5"), [0, 1, 2, 3, 4, 2] * 6, [0, 1, 1, 3, 4, 4] * 6)
CONSTANT = rows(Scale.check(), [1] * 20, [1] * 20)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Scores:
    """Two judges on a sample with people's labels and subsets."""
    folder = tmp_path_factory.mktemp("scores")
    return judgebench.run(["baseline/longest", "baseline/random"], ["pandalm", "rewardbench"], sample=True, runs=folder)


def test_it_is_a_sequence_that_does_not_change() -> None:
    scores = Scores(CHECK + OTHER)
    assert len(scores) == len(list(scores)) == 2
    assert scores[0] is CHECK[0]
    assert scores[-1:] == OTHER
    assert OTHER[0] in scores
    with pytest.raises(FrozenInstanceError):
        scores.rows = ()
    assert scores == Scores(CHECK + OTHER)
    assert scores != Scores(OTHER + CHECK)


def test_attributes_are_the_figures_of_the_row_all() -> None:
    scores = Scores(CHECK)
    metrics = CHECK[0].metrics
    assert scores.kappa == metrics["cohen_kappa"]
    assert scores.alpha == metrics["krippendorff_alpha"]
    assert scores.rho == metrics["spearman_rho"]
    assert scores.percent_agreement == metrics["percent_agreement"]
    assert scores.true_positive_rate == metrics["true_positive_rate"]
    assert scores.headline == scores.kappa
    assert scores.coverage == 1
    assert scores.kappa.low < scores.kappa.value < scores.kappa.high
    for name in metrics:
        assert getattr(scores, name) == metrics[name]
        assert name in dir(scores)


def test_kappa_is_the_one_that_the_scale_calls_for(ran: Scores) -> None:
    assert Scores(RATE).kappa == RATE[0].metrics["cohen_kappa_quadratic"]
    assert Scores(RATE).kappa.name == "cohen_kappa_quadratic"
    assert Scores(CHECK).kappa.name == ran.select(judge="baseline/random", task="pandalm").kappa.name == "cohen_kappa"


def test_figures_that_are_not_there_are_attribute_errors() -> None:
    assert not hasattr(Scores(CHECK), "kendall_tau")
    with pytest.raises(UsageError, match="did you mean kappa"):
        _ = Scores(CHECK).kapa
    for scores in (Scores(CHECK + OTHER), Scores(CHECK + rows(Scale.check(), [1, 0] * 9, [1, 0] * 9, task="t"))):
        assert not hasattr(scores, "kappa")
        with pytest.raises(UsageError, match=r"choose with \.select"):
            _ = scores.kappa
    assert not hasattr(Scores(CHECK), "_ipython_canary_method_should_not_exist_")


def test_select_and_row(ran: Scores) -> None:
    one = ran.select(task="rewardbench", judge="baseline/longest")
    assert {(row.task, row.judge) for row in one} == {("rewardbench", "baseline/longest")}
    assert len(one.asked) == 1
    assert one.row().subset == "all"
    subset = one[1].subset
    assert one.row(subset=subset).items < one.row().items
    assert ran.row(task="pandalm", judge="baseline/random").judge == "baseline/random"
    with pytest.raises(UsageError, match="no row has judge 'x'; there is 'baseline/longest', 'baseline/random'"):
        ran.select(judge="x")
    with pytest.raises(UsageError, match="together"):
        ran.select(task="pandalm", subset=subset)


def test_a_figure_is_an_estimate_that_prints_itself() -> None:
    figure = Scores(CHECK).kappa
    assert isinstance(figure, Estimate)
    assert repr(figure).startswith("<Cohen's kappa .467 [")
    assert hash(figure) == hash(Figure.of("other", CHECK[0].metrics["cohen_kappa"]))
    assert figure != replace(CHECK[0].metrics["cohen_kappa"], n=1)
    assert CHECK[0].metrics["cohen_kappa"] == figure
    none = Scores(CONSTANT).kappa
    assert none.value is None
    assert none.undefined == "no_variation"
    assert "undefined: one side gives the same label throughout" in repr(none)


def test_wide_frames_hold_what_csv_holds(ran: Scores) -> None:
    import io

    frame = ran.to_frame()
    table = pd.read_csv(io.StringIO(ran.render("csv")), dtype=str, keep_default_na=False)
    assert list(frame["judge"]) == list(table["judge"])
    assert list(frame["warnings"]) == list(table["warnings"])
    for name in frame.columns.intersection(table.columns):
        if frame[name].dtype == "float64":
            shown = ["" if pd.isna(value) else f"{value:.6f}".replace("-0.000000", "0.000000") for value in frame[name]]
            assert shown == list(table[name]), name
    left_out = table.columns.difference(frame.columns)
    assert (table[left_out] == "").all(axis=None)
    assert "headline" in frame


@pytest.mark.parametrize("scores", [Scores(CHECK), Scores(RATE + CONSTANT)], ids=["check", "mixed"])
def test_types_of_frames_are_stable(scores: Scores) -> None:
    wide, long = scores.to_frame(), scores.to_frame(long=True)
    text = {"task", "judge", "subset", "gold", "order", "tie", "invalid", "gold_policy", "headline", "revision",
            "undefined", "warnings", "kind", "figure", "method", "no_interval", "alpha_level"}  # fmt: skip
    whole = {"items", "input_tokens", "output_tokens", "n"}
    for frame in (wide, long):
        for name, kind in frame.dtypes.items():
            wanted = "string" if name in text else "int64" if name in whole else "float64"
            assert str(kind) == wanted, name
    assert list(long.columns) == ["task", "judge", "subset", "gold", "kind", "figure", "value", "low", "high", "se",
                                  "n", "undefined", "method", "effective_clusters", "no_interval"]  # fmt: skip
    kappas = long[(long["kind"] == "metric") & (long["figure"] == "cohen_kappa")]
    assert list(kappas["undefined"]) == [row.metrics["cohen_kappa"].undefined or "" for row in scores]


def test_json_is_the_contract(ran: Scores) -> None:
    assert document(ran.render("json")) == ran.to_json()


def test_comparing_two_judges(ran: Scores) -> None:
    pandalm = ran.select(task="pandalm")
    found = pandalm.compare("baseline/longest", "baseline/random")
    row = pandalm.row(judge="baseline/longest")
    assert found.first == "baseline/longest"
    line = next(line for line in found.lines if line.metric == "cohen_kappa" and line.subset == "all")
    assert line.first.value == pytest.approx(row.metrics["cohen_kappa"].value)
    assert pandalm.compare("baseline/longest", "baseline/random", metric="gwet_ac1").lines[0].metric == "gwet_ac1"
    assert judgebench.score(pandalm).compare("baseline/longest", "baseline/random") == found
    with pytest.raises(UsageError, match="no row has judge"):
        pandalm.compare("baseline/longest", "x")
    with pytest.raises(UsageError, match="measure again"):
        pickle.loads(pickle.dumps(pandalm)).compare("baseline/longest", "baseline/random")  # noqa: S301 - our own bytes
    frame = pd.DataFrame({"a": ["yes", "no"] * 9, "b": ["yes"] * 18, "h": ["yes", "no", "no"] * 6})
    assert judgebench.score(frame, judge=["a", "b"], gold="h").compare("a", "b").items == 18
    assert DataError


def test_copies_and_pickles_are_equal(ran: Scores) -> None:
    for made in (copy.copy(ran), copy.deepcopy(ran), pickle.loads(pickle.dumps(ran))):  # noqa: S301 - our own bytes
        assert made == ran
        assert made.asked == ran.asked


def test_texts(ran: Scores) -> None:
    one = ran.select(task="pandalm", judge="baseline/longest")
    assert repr(one) == (
        "<Scores: baseline/longest on SAMPLE pandalm: Cohen's kappa .153 [-.243, .560], agreement with humans 50.0 %, "
        "human ceiling .660, 24 items, coverage 100.0 %>"
    )
    assert "\n" not in repr(ran)
    assert str(one).startswith(one.render()[:200])
    assert "| baseline/longest |" in one._repr_markdown_()
    assert Scores(CHECK, ("4 rows left out",)).__str__().endswith("4 rows left out\n")
    # Kappa stands nowhere alone.
    for text in (repr(one), one._repr_markdown_(), one._repr_html_()):
        assert "50.0" in text
        assert ".660" in text
    assert ".23 [-.18, .63]" in str(one)
    assert " 54 % " in str(one)
    assert ".66 [" in str(one)


def test_html_has_the_table_the_notes_and_a_drawing(ran: Scores) -> None:
    html = ran.select(task="pandalm")._repr_html_()
    root = ET.fromstring(html.strip())  # noqa: S314 - our own markup
    assert [cell.text for cell in root.iter("td")][:2] == ["SAMPLE pandalm", "baseline/longest"]
    # The answer comes before the table.
    assert html.index("a person") < html.index("<table")
    assert any("human ceiling" in (note.text or "") for note in root.iter("li"))
    [svg] = [part for part in root.iter() if part.tag.endswith("}svg")]
    assert svg.get("role") == "img"
    assert "<script" not in html
    assert html == judgebench.score(ran.select(task="pandalm"))._repr_html_()
    # Several scales have no common axis.
    assert "<svg" not in ran._repr_html_() or len({row.headline for row in ran}) == 1


def test_hostile_names_do_nothing() -> None:
    hostile = rows(Scale.check(), [0, 1, 1, 0] * 6, [0, 1, 1, 1] * 6, name=HOSTILE, task=HOSTILE)
    scores = Scores(hostile, (HOSTILE,))
    html = scores._repr_html_()
    root = ET.fromstring(html.strip())  # noqa: S314 - our own markup
    assert not [part for part in root.iter() if part.tag.rpartition("}")[2] in {"img", "script", "a"}]
    assert not [name for part in root.iter() for name in part.attrib if name.startswith("on")]
    assert "<img" not in scores._repr_markdown_()
    assert "](" not in scores._repr_markdown_().replace("\\](", "")
    for text in (html, scores._repr_markdown_(), repr(scores), str(scores), *scores.lines()):
        assert "\x1b" not in text
    figure = scores.plot().figure
    figure.canvas.draw()


def test_a_long_name_leaves_room_for_the_drawing(ran: Scores) -> None:
    row = replace(ran.select(judge="baseline/longest", task="pandalm").row(), judge="x" * 300)
    axes = Scores((row,)).plot()
    axes.figure.canvas.draw()
    assert axes.get_position().width > 0.3
    mpl.pyplot.close("all")


def test_plot_draws_intervals_and_the_ceiling(ran: Scores) -> None:
    pandalm = ran.select(task="pandalm")
    axes = pandalm.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["baseline/longest", "baseline/random"]
    row = pandalm.row(judge="baseline/longest")
    lines = [sorted(line.get_xdata()) for line in axes.get_lines()]
    kappa = row.metrics["cohen_kappa"]
    assert [kappa.low, kappa.high] in lines
    assert [kappa.value] in lines
    assert "human ceiling" in axes.get_legend_handles_labels()[1]
    _, own = mpl.pyplot.subplots()
    assert pandalm.plot("gwet_ac1", ax=own) is own
    with pytest.raises(UsageError, match="no row has a figure 'x'"):
        pandalm.plot("x")
    Scores(CONSTANT).plot().figure.canvas.draw()
    ran.select(judge="baseline/longest").plot(subset=None).figure.canvas.draw()
    mpl.pyplot.close("all")


def test_a_drawing_without_its_library_says_what_to_install(ran: Scores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judgebench.report.page.charts.axes.find_spec", lambda _: None)
    with pytest.raises(UsageError, match="drawing needs matplotlib: "):
        ran.plot()
