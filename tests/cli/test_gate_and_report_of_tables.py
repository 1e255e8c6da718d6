"""A table in the place of a run: gate, leaderboard and report measure its judges as `score` does."""

import random

import pytest

COLUMNS = ["--judge-col", "verdict", "--gold-col", "human", "--id-col", "id"]


def version(path, share, *, drop=0, seed=1):
    """Write a judge who repeats gold on a share of 160 items."""
    draw = random.Random(seed)
    gold = [draw.choice(["pass", "fail"]) for _ in range(160)]
    judge = random.Random(share)
    other = {"pass": "fail", "fail": "pass"}
    rows = [
        f"i{i},q{i // 2},{one},{'' if i < drop else one if judge.random() < share else other[one]}"
        for i, one in enumerate(gold)
    ]
    path.write_text("id,question,human,verdict\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def versions(tmp_path):
    return version(tmp_path / "v0.csv", 0.95), version(tmp_path / "v1.csv", 0.7)


def test_a_worse_version_fails_against_the_table_before_it_or_its_baseline(judgebench, versions, tmp_path):
    before, after = versions
    base = tmp_path / "base.json"
    assert judgebench("gate", "--csv", before, "--against", base, "--update", *COLUMNS).code == 0
    same = judgebench("gate", "--csv", before, "--against", base, *COLUMNS)
    assert same.code == 0
    found = {}
    for name, against in (("file", base), ("table", before)):
        worse = judgebench("gate", "--csv", after, "--against", against, *COLUMNS, "--format", "json")
        assert worse.code == 1
        found[name] = worse.document()
    assert found["file"]["lines"] == found["table"]["lines"]
    score = judgebench("score", "--csv", after, *COLUMNS, "--format", "json").document()
    kappa = score["rows"][0]["metrics"]["cohen_kappa"]["value"]
    assert found["table"]["lines"][0]["run"]["value"] == pytest.approx(kappa)


def test_a_gate_of_tables_needs_ids_one_judge_and_the_same_gold(judgebench, versions, tmp_path):
    before, after = versions
    no_id = judgebench("gate", "--csv", after, "--against", before, *COLUMNS[:4])
    assert no_id.code == 2
    assert "--id-col" in no_id.err
    two = judgebench("gate", "--csv", after, "--against", before, *COLUMNS[:4], "--judge-col", "id", "--id-col", "id")
    assert two.code in {2, 3}
    other = version(tmp_path / "other.csv", 0.7, seed=2)
    changed = judgebench("gate", "--csv", other, "--against", before, *COLUMNS)
    assert changed.code == 3
    assert "other gold labels" in changed.err


def test_missing_verdicts_of_a_table_count_as_those_of_a_run(judgebench, tmp_path):
    before, after = version(tmp_path / "v0.csv", 0.95), version(tmp_path / "v1.csv", 0.95, drop=80)
    assert judgebench("gate", "--csv", after, "--against", before, *COLUMNS).code == 1


def test_leaderboard_of_a_table_has_the_figures_of_score(judgebench, versions):
    _, after = versions
    wanted = ["--csv", after, *COLUMNS, "--format", "json"]
    board, score = (judgebench(name, *wanted).document() for name in ("leaderboard", "score"))
    assert board["rows"][0]["metrics"]["cohen_kappa"] == score["rows"][0]["metrics"]["cohen_kappa"]


def test_report_of_a_table(judgebench, versions, tmp_path):
    _, after = versions
    page = tmp_path / "page.html"
    assert judgebench("report", "--csv", after, *COLUMNS, "--output", page).code == 0
    assert "v1.csv" in page.read_text()


def test_report_of_a_table_has_every_judge_s_verdict_on_an_item(tmp_path):
    from judgebench.api.source import Given
    from judgebench.api.sources import open_sources

    file = tmp_path / "two.csv"
    file.write_text("human,one,two\n" + "pass,pass,fail\n" * 20)
    opened = open_sources(Given((), [file]), {"judge": ["one", "two"], "gold": "human"}, tell=print)
    for source in opened:
        items = [verdict.item for verdict in source.as_run().verdicts()]
        # What is merged item by item has to come in one order.
        assert items == sorted(items)
        assert len(items) == 20


def test_report_of_a_table_shows_the_texts_that_its_columns_hold(judgebench, tmp_path):
    from judgebench.api.source import Given
    from judgebench.api.sources import open_sources
    from judgebench.api.texts import table_texts

    file = tmp_path / "texts.csv"
    rows = "".join(f"t{i},What is {i}+{i}?,It is {2 * i}.,pass,{'pass' if i % 3 else 'fail'}\n" for i in range(30))
    file.write_text("id,question,answer,human,verdict\n" + rows)
    done = judgebench("report", "--csv", file, *COLUMNS, "--output", tmp_path / "page.html")
    assert (done.code, "not at hand" in done.err) == (0, False)
    [source] = open_sources(Given((), [file]), {"judge": "verdict", "gold": "human", "id": "id"}, tell=print)
    task, why = table_texts(source)
    assert why == ""
    assert [item.question for item in task.items()][3] == "What is 3+3?"
    assert "What is 3+3?" in (tmp_path / "page.html").read_text("utf-8")


def test_report_of_labels_alone_says_why_it_has_no_texts(judgebench, versions):
    from judgebench.api.source import Given
    from judgebench.api.sources import open_sources
    from judgebench.api.texts import table_texts

    [source] = open_sources(Given((), [versions[0]]), {"judge": "verdict", "gold": "human", "id": "id"}, tell=print)
    task, why = table_texts(source)
    assert task is None
    assert "no column is named as an answer" in why
