"""Published figures beside ours."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgebench.domain import Item, Label, Reply, Response, Scale, Status, Turn
from judgebench.errors import DataError, UnknownNameError, UsageError
from judgebench.report.reproduction import Cell, Reproduction, Unmatched
from judgebench.reproduce import reproduction as module
from judgebench.reproduce.reproduction import reproduce
from judgebench.reproduce.sources import recorded_verdicts
from judgebench.tasks.card import load_card
from judgebench.tasks.recordings import Recording

GOOD = Cell("pandalm", "test", "gpt", "all", "accuracy", 0.710711, 71.07, 2, "percent", True, "a table")
BAD = replace(GOOD, published=71.09, match=False)
anything = st.text(st.characters(exclude_categories=()), max_size=30)


@pytest.mark.data
@pytest.mark.slow
def test_every_published_figure_matches(everything):
    assert everything.ok, [cell for cell in everything.cells if cell.kind == "differs"]
    assert all(entry.reason for entry in everything.unmatched)
    assert all(cell.note for cell in everything.cells if cell.kind == "explained")
    kinds = Counter(cell.kind for cell in everything.cells)
    assert kinds["equal"] + kinds["explained"] >= 4000
    # Whatever is listed beside the data is compared, or said to be lost.
    assert {cell.task.partition(":")[0] for cell in everything.cells} >= {
        *("agent-reward-bench", "alpaca-eval", "alttest", "arena-two-judges", "auto-j", "cultural-pairs", "hanna"),
        *("jailbreakeval", "judge-bench-dmg", "judgebench", "llmbar", "llmjudge", "mt-bench-human", "pandalm"),
        *("rag-relevance", "relevance-gullibility", "rewardbench", "rewardbench-2", "ruverbench", "topical-chat"),
        *("trec-dl", "triviaqa", "twinkl-values"),
    }


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "judge", "subset", "metric", "published"),
    [
        *(
            ("pandalm", "gpt-3.5-turbo", "all", metric, value)
            for metric, value in (
                ("accuracy", 71.07),
                ("macro_precision", 58.79),
                ("macro_recall", 57.36),
                ("macro_f1", 57.55),
            )
        ),
        *(
            ("pandalm", "pandalm-7b", "all", metric, value)
            for metric, value in (
                ("accuracy", 66.77),
                ("macro_precision", 57.38),
                ("macro_recall", 57.50),
                ("macro_f1", 57.43),
            )
        ),
        ("pandalm", "annotator1 and annotator2", "all", "cohen_kappa", 0.8520),
        ("pandalm", "annotator1 and annotator3", "all", "cohen_kappa", 0.8789),
        ("pandalm", "annotator2 and annotator3", "all", "cohen_kappa", 0.8617),
        *(
            ("judgebench", judge, subset, "accuracy", value)
            for judge, values in (
                ("Skywork-Reward-Gemma-2-27B", (59.74, 66.33, 83.93, 50.00, 64.29)),
                ("GRM-Gemma-2B", (62.99, 53.06, 64.29, 54.76, 59.43)),
                ("o1-mini-2024-09-12", (58.44, 62.24, 82.14, 78.57, 65.71)),
            )
            for subset, value in zip(("knowledge", "reasoning", "math", "coding", "all"), values, strict=True)
        ),
        ("triviaqa:v2", "Llama3-70B", "all", "scott_pi", 0.876),
        ("triviaqa:v2", "Llama3-8B", "all", "scott_pi", 0.594),
        ("triviaqa:v1", "Contains", "macro:systems", "scott_pi", 0.6437),
        ("triviaqa:v1", "EM", "macro:systems", "scott_pi", 0.3388),
        *(
            ("rewardbench", f"general-preference/{model}", section, "accuracy", value)
            for model, values in (
                ("GPM-Gemma-2-9B", (93.58, 87.72, 92.30, 95.71, 92.33)),
                ("GPM-Llama-3.1-8B-Instruct", (93.30, 86.18, 91.22, 95.69, 91.60)),
                ("GPM-Gemma-2-2B", (81.84, 72.81, 87.97, 84.42, 81.76)),
                ("GPM-Gemma-2B", (78.49, 66.23, 84.32, 80.47, 77.38)),
            )
            for section, value in zip(("Chat", "Chat Hard", "Safety", "Reasoning", "score"), values, strict=True)
        ),
    ],
)
def test_the_figures_that_the_project_promises(everything, task, judge, subset, metric, published):
    found = [
        cell
        for cell in everything.cells
        if (cell.task, cell.judge, cell.subset, cell.metric, cell.published) == (task, judge, subset, metric, published)
    ]
    assert len(found) == 1
    assert found[0].match
    # Not by the cell's own rule: once more, by the decimals that stand here.
    assert abs(found[0].shown - published) <= 0.5 * 10.0 ** -found[0].decimals + 1e-9


@pytest.mark.data
@pytest.mark.slow
def test_all_averages_of_the_second_rewardbench_table(everything, data_dir):
    table = json.loads((data_dir / "rewardbench" / "rewardbench2_table3.json").read_text("utf-8"))
    ours = {cell.judge: cell for cell in everything.cells if cell.task == "rewardbench-2" and cell.kind == "parts"}
    assert len(ours) == len(table) == 25
    for row in table:
        assert ours[row["model"]].published == row["average"]
        assert ours[row["model"]].match


@pytest.mark.data
@pytest.mark.slow
def test_all_results_of_the_alternative_annotator_test(everything, data_dir):
    table = json.loads((data_dir / "alttest" / "published_alt_test.json").read_text("utf-8"))
    ours = {(c.split, c.judge, c.metric): c for c in everything.cells if c.task.startswith("alttest")}
    assert len(ours) == 2 * len(table) == 56
    for row in table:
        for metric in ("winning_rate", "advantage_probability"):
            cell = ours[row["dataset"], row["llm"], metric]
            assert cell.published == float(row[metric])
            assert cell.match
            assert f"{cell.ours:.2f}" == row[metric]
        assert (ours[row["dataset"], row["llm"], "winning_rate"].ours >= 0.5) == (row["result"] == "PASSED")


@pytest.mark.data
@pytest.mark.slow
def test_all_digits_of_the_human_alphas(everything, data_dir):
    raw = gzip.decompress((data_dir / "judge_bench_dmg" / "published_results_CoT.json.gz").read_bytes())
    published = json.loads(raw)
    names = {
        "dices-350": "dices-350-crowdsourced",
        "recipes": "recipe-crowd-sourcing-data",
        "inferential-strategies": "inferential-strategies",
    }
    cells = [cell for cell in everything.cells if cell.task.startswith("judge-bench-dmg")]
    assert len(cells) == 8
    for cell in cells:
        theirs = {row[cell.subset]["krippendorff_alpha"] for row in published[names[cell.split]].values()}
        assert list(theirs) == pytest.approx([cell.ours], abs=1e-12)
        assert cell.match


@pytest.mark.data
def test_an_alpha_and_a_winning_rate_that_differ_are_named(data_dir, monkeypatch):
    from judgebench.reproduce.published import load_published

    def planted(name, root):
        published = load_published(name, root)
        tests = [one for one in published.figures if one.split == "mtbench"][:2]
        tests = [replace(one, value=0.5) if one.metric == "advantage_probability" else one for one in tests]
        humans = [replace(one, value=one.value + 1e-6) for one in published.figures if one.split == "recipes"]
        nowhere = [replace(one, subset="taste") for one in humans[:1]]
        return replace(published, figures=(*tests, *humans, *nowhere))

    monkeypatch.setattr(module, "load_published", planted)
    found = reproduce(["alttest", "judge-bench-dmg"], data_dir)
    assert [(cell.metric, cell.match) for cell in found.cells[:2]] == [
        ("winning_rate", True),
        ("advantage_probability", False),
    ]
    assert not any(cell.match for cell in found.cells[2:])
    assert "no subset 'taste'" in found.cells[-1].note


@pytest.mark.data
def test_a_planted_wrong_figure_fails(data_dir, monkeypatch):
    from judgebench.reproduce.published import load_published

    def planted(name, root):
        published = load_published(name, root)
        first, second, *_ = published.figures
        return replace(published, figures=(replace(first, value=first.value + 0.01), second))

    monkeypatch.setattr(module, "load_published", planted)
    found = reproduce(["pandalm"], data_dir)
    assert not found.ok
    assert found.mismatches == 1
    assert [cell.match for cell in found.cells if cell.published_in == "card"] == [False, True]
    assert "1 differs, and nobody knows why" in found.render("table")


@pytest.mark.data
def test_a_changed_verdict_fails(data_dir, tmp_path):
    folder = tmp_path / "pandalm"
    shutil.copytree(data_dir / "pandalm", folder, copy_function=shutil.copy)
    path = folder / "gpt-3.5-turbo-testset-v1.json.gz"
    verdicts = json.loads(gzip.decompress(path.read_bytes()))
    for verdict in verdicts[:20]:
        verdict["gpt_result"] = "1" if verdict["gpt_result"] == "2" else "2"
    path.unlink()
    path.with_suffix("").write_text(json.dumps(verdicts), encoding="utf-8")
    found = reproduce(["pandalm"], tmp_path)
    assert not found.ok
    assert {cell.judge for cell in found.cells if not cell.match} == {"gpt-3.5-turbo"}


@pytest.mark.data
def test_a_task_s_own_folder_does_too(data_dir):
    found = reproduce(["rewardbench"], data_dir / "rewardbench")
    assert found.ok
    assert len(found.cells) == 20


def _table3(folder, value):
    domains = ("factuality", "precise_if", "math", "safety", "focus", "ties")
    models = [recorded.name for recorded in load_card("rewardbench-2").recorded]
    table = [{"model": model, **dict.fromkeys(domains, value)} for model in models]
    (folder / "rewardbench2_table3.json").write_text(json.dumps(table), encoding="utf-8")


def test_without_a_task_only_what_is_there_is_recomputed(tmp_path):
    _table3(tmp_path, 77.2)
    found = reproduce(None, tmp_path)
    assert len(found.cells) == 25
    assert [cell.judge for cell in found.cells if cell.match] == ["google/gemini-2.5-flash-preview-04-17"]
    assert not found.ok
    assert any("testset-v1.json isn't here" in entry.reason for entry in found.unmatched)


def test_the_card_s_weights_witness_the_reader_s(tmp_path, monkeypatch):
    from judgebench.errors import MismatchError
    from judgebench.tasks.readers import rewardbench2

    _table3(tmp_path, 50.0)
    monkeypatch.setattr(rewardbench2, "average", lambda values: sum(values.values()) / 5)
    with pytest.raises(MismatchError, match="by the card's weights"):
        reproduce(["rewardbench-2"], tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"no such folder.*data names the folder"):
        reproduce(None, tmp_path / "nowhere")


def test_an_empty_folder_is_never_a_success(tmp_path):
    with pytest.raises(DataError, match="no recorded verdicts of any task"):
        reproduce(None, tmp_path)


def test_a_task_whose_files_are_missing_names_them(tmp_path):
    with pytest.raises(DataError, match=r"nothing of pandalm .*gpt-3.5-turbo-testset-v1.json.*put them into pandalm/"):
        reproduce(["pandalm"], tmp_path)


def test_an_unknown_task(tmp_path):
    with pytest.raises(UnknownNameError, match="pandalm"):
        reproduce(["pandaln"], tmp_path)


def test_a_damaged_file_is_a_data_error(tmp_path):
    (tmp_path / "rewardbench2_table3.json").write_text("[{", encoding="utf-8")
    with pytest.raises(DataError, match=r"rewardbench2_table3\.json"):
        reproduce(["rewardbench-2"], tmp_path)


def test_nothing_recomputed_is_not_ok():
    assert not Reproduction(()).ok
    assert not Reproduction((), (Unmatched("x", "figure", "reason"),)).ok
    assert Reproduction((GOOD,)).ok
    assert not Reproduction((GOOD, BAD)).ok


def test_the_forms_say_the_same():
    found = Reproduction((GOOD, BAD), (Unmatched("pandalm", "a figure", "its verdicts are not public"),))
    table = found.render("table", explain=True)
    assert "71.0711 %" in table
    assert "71.07 %" in table
    assert "DIFFERS" in table
    assert "1 of 2 published figures match" in table
    assert "its verdicts are not public" in table
    document = json.loads(found.render("json"))
    assert document["ok"] is False
    assert document["cells"][0]["ours"] == 0.710711
    assert document["unmatched"][0]["figure"] == "a figure"
    lines = list(csv.DictReader(io.StringIO(found.render("csv"))))
    assert [line["match"] for line in lines] == ["yes", "no"]
    assert lines[0]["ours"] == "71.071100"
    assert "| DIFFERS |" in found.render("md")
    with pytest.raises(UsageError, match="table, json, csv, md"):
        found.render("xml")


def test_an_undefined_figure_of_ours_is_no_match_and_says_why():
    cell = replace(GOOD, ours=None, match=False, note="undefined: no_variation")
    text = Reproduction((cell,)).render("table", explain=True)
    assert "none" in text
    assert "undefined: no_variation" in text


@given(anything, anything, st.sampled_from(["table", "md", "csv", "json"]))
@settings(max_examples=60, deadline=None)
def test_any_names_can_be_printed(name, reason, form):
    cell = replace(GOOD, task=name, judge=name, source=reason, note=reason)
    text = Reproduction((cell,), (Unmatched(name, name, reason),)).render(form)
    text.encode("utf-8")
    assert not any(ord(c) < 32 and c != "\n" for c in text)


class _Task:
    """Two pairs; as much of a task as a recording needs."""

    scale = Scale.pair()
    revision = "test"

    def items(self):
        for name in ("one", "two"):
            responses = (Response("x"), Response("y"))
            yield Item(name, (Turn.of("user", "?"),), responses, (Label("a", 0),), "human")


def test_replies_are_undone_and_gaps_become_failures():
    replies = {("one", (0, 1)): Reply.ok(0), ("one", (1, 0)): Reply.ok(0), ("two", (0, 1)): Reply.ok(2)}
    verdicts = list(recorded_verdicts(_Task(), Recording("judge", replies, ((0, 1), (1, 0)))))
    assert [(v.item, v.order, v.code, v.status) for v in verdicts] == [
        ("one", (0, 1), 0, Status.OK),
        ("one", (1, 0), 2, Status.OK),
        ("two", (0, 1), 2, Status.OK),
        ("two", (1, 0), None, Status.FAILED),
    ]
