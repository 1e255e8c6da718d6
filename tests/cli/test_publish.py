"""`publish` as a user calls it: what it looks at, what it writes, what it leaves alone."""

from __future__ import annotations

import csv
import hashlib
import html.parser
import io
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from documents import document
from stored_cases import edited

import judgebench as jb
from judgebench.report.site import MARK

JUDGES = ("baseline/longest", "baseline/random", "baseline/majority")
pytestmark = pytest.mark.usefixtures("one_measuring")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked") / "runs"
    jb.run(JUDGES, ["pandalm", "judgebench"], sample=True, runs=folder)
    return folder


@pytest.fixture
def sampled(asked: Path, tmp_path: Path) -> Path:
    return shutil.copytree(asked, tmp_path / "runs")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def first(runs: Path, start: str = "pandalm--baseline-longest") -> Path:
    return next(path for path in sorted(runs.iterdir()) if path.name.startswith(start))


def test_samples_are_refused_unless_they_are_allowed(judgebench, sampled: Path, tmp_path: Path) -> None:
    done = judgebench("publish", "runs", "--output", "site")
    assert done.code == 3
    assert "--allow-samples publishes them" in done.err
    # Each is said once.
    assert {done.err.count(path.name) for path in sampled.glob("*--*")} == {1}
    assert not (tmp_path / "site").exists()
    looked = judgebench("publish", "runs", "--check", "--allow-samples")
    assert looked.code == 0, looked.err
    assert "6 runs may be published" in looked.err
    assert not (tmp_path / "site").exists()


def test_the_site_is_whole_and_holds_no_text(judgebench, sampled: Path, tmp_path: Path) -> None:
    done = judgebench("publish", "runs", "--output", "site", "--allow-samples")
    assert done.code == 0, done.err
    site = contents(tmp_path / "site")
    assert {"index.html", "README.md", "leaderboard.csv", "leaderboard.json", "leaderboard.tex", MARK} <= set(site)
    assert sum(name.startswith("verdicts/") for name in site) == 6
    assert document(site["leaderboard.json"])["schema"].startswith("judgebench.leaderboard/")
    assert document(site["systems.json"])["schema"].startswith("judgebench.systems-leaderboard/")
    # Not a single sentence of the items or of the judges is in any file.
    everything = b"\n".join(site.values()).decode("utf-8")
    sample = Path(__file__).resolve().parents[2] / "tasks" / "pandalm" / "sample.jsonl"
    texts = {text for line in sample.read_text("utf-8").splitlines() for text in _texts(json.loads(line))}
    assert len(texts) > 20
    assert not [text for text in texts if text in everything]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if len(value) > 30 else []
    if isinstance(value, dict):
        value = list(value.values())
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []


def test_kappa_can_be_computed_from_the_published_codes(judgebench, sampled: Path, tmp_path: Path) -> None:
    from sklearn.metrics import accuracy_score

    judgebench("publish", "runs", "--output", "site", "--allow-samples")
    board = json.loads((tmp_path / "site" / "leaderboard.json").read_text("utf-8"))
    row = next(one for one in board["rows"] if (one["task"], one["judge"]) == ("pandalm", "baseline/longest"))
    file = next((tmp_path / "site" / "verdicts").glob("pandalm--baseline-longest*"))
    lines = [one for one in csv.DictReader(io.StringIO(file.read_text("utf-8"))) if one["status"] == "ok"]
    gold = [max(sorted(set(codes)), key=codes.count) for codes in (one["gold_codes"].split("|") for one in lines)]
    assert row["metrics"]["percent_agreement"]["value"] == pytest.approx(
        accuracy_score(gold, [one["code"] for one in lines])
    )


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.links += [own[name] for name in ("href", "src") if own.get(name)]
        self.ids += [own["id"]] if own.get("id") else []


def test_every_link_leads_to_a_file_of_the_site(judgebench, sampled: Path, tmp_path: Path) -> None:
    judgebench("publish", "runs", "--output", "site", "--allow-samples")
    site = contents(tmp_path / "site")
    page = _Links()
    page.feed(site["index.html"].decode("utf-8"))
    assert len(page.ids) == len(set(page.ids))
    found = 0
    for link in page.links:
        if link == "data:,":
            continue
        assert not re.match(r"[a-z]+:|/", link), link
        assert link[1:] in page.ids if link.startswith("#") else link in site, link
        found += not link.startswith("#")
    assert found >= 5
    listed = re.findall(r"\]\(([^)]+)\)", site["README.md"].decode("utf-8"))
    assert {name for name in site if name not in {"README.md", MARK}} == set(listed)


def test_the_dataset_card_has_front_matter_that_names_files_that_exist(judgebench, sampled, tmp_path: Path) -> None:
    judgebench("publish", "runs", "--output", "site", "--allow-samples", "--title", 'A "quoted": title')
    text = (tmp_path / "site" / "README.md").read_text("utf-8")
    _, front, prose = text.split("---\n", 2)
    card = yaml.safe_load(front)
    assert card["pretty_name"] == 'A "quoted": title'
    assert card["license"] == ["apache-2.0"]
    assert card["task_categories"] == ["text-classification"]
    for config in card["configs"]:
        assert list((tmp_path / "site").glob(config["data_files"])), config
    assert "judgebench 0.1.0" in prose
    assert "small samples written for judgebench" in prose


def test_the_card_gives_every_column_of_labels_one_type(judgebench, sampled, tmp_path: Path) -> None:
    judgebench("publish", "runs", "--output", "site", "--allow-samples")
    site = tmp_path / "site"
    tables = [
        list(csv.DictReader(io.StringIO(path.read_text("utf-8")))) for path in sorted(site.glob("verdicts/*.csv"))
    ]
    # Read on its own, the same column is a number in one file and a text in another one.
    assert {rows[0]["gold_codes"].isdigit() for rows in tables} == {True, False}
    configs = yaml.safe_load((site / "README.md").read_text("utf-8").split("---\n")[1])["configs"]
    types = {one["name"]: one["dtype"] for config in configs for one in config.get("features", ())}
    assert all(list(types) == list(rows[0]) for rows in tables)
    assert {name for name, kind in types.items() if kind != "string"} == {"repeat"}


def test_again_it_is_the_same_to_the_byte(judgebench, sampled: Path, tmp_path: Path) -> None:
    for seed, folder in (("1", "one"), ("2", "two"), ("3", "one")):
        done = judgebench("publish", "runs", "--output", folder, "--allow-samples", env={"PYTHONHASHSEED": seed})
        assert done.code == 0, done.err
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_folder_of_somebody_else_s_is_left_alone(judgebench, sampled: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    done = judgebench("publish", "runs", "--output", "mine", "--allow-samples")
    assert done.code == 2
    assert "is not from `judgebench publish`" in done.err
    assert contents(tmp_path / "mine") == {"thesis.txt": b"x"}
    # Nor does a file of that name with something else in it make it ours.
    (tmp_path / "mine" / MARK).write_text("[]")
    assert judgebench("publish", "runs", "--output", "mine", "--allow-samples").code == 2
    file = tmp_path / "file"
    file.write_text("x")
    assert judgebench("publish", "runs", "--output", "file", "--allow-samples").code == 2


def test_only_what_it_wrote_itself_is_replaced_or_removed(judgebench, sampled: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    judgebench("publish", "runs", "--output", "site", "--allow-samples")
    (site / "CNAME").write_text("example.org")
    (site / "README.md").write_text("changed")
    kept, gone = sorted((site / "verdicts").glob("judgebench--*"))[:2]
    kept.write_text("somebody's notes")
    for path in sampled.glob("judgebench--*"):
        shutil.rmtree(path)
    done = judgebench("publish", "runs", "--output", "site", "--allow-samples")
    assert done.code == 0, done.err
    assert (site / "CNAME").read_text() == "example.org"
    assert (site / "README.md").read_text("utf-8").startswith("---")
    assert not gone.exists()
    assert kept.read_text() == "somebody's notes"
    # A file in the way that is not ours is not replaced.
    strange = site / "figures" / "judgebench.csv"
    assert not strange.exists()
    strange.write_text("mine")
    jb.run(JUDGES, "judgebench", sample=True, runs=tmp_path / "runs")
    done = judgebench("publish", "runs", "--output", "site", "--allow-samples")
    assert done.code == 2
    assert strange.read_text() == "mine"


def test_no_link_leads_out_of_the_folder(judgebench, sampled: Path, tmp_path: Path) -> None:
    site, outside = tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    judgebench("publish", "runs", "--output", "site", "--allow-samples")
    shutil.rmtree(site / "verdicts")
    (site / "verdicts").symlink_to(outside)
    assert judgebench("publish", "runs", "--output", "site", "--allow-samples").code == 2
    assert list(outside.iterdir()) == []
    (site / "verdicts").unlink()
    # A list that names files elsewhere removes none of them.
    (outside / "precious.txt").write_text("x")
    mark = json.loads((site / MARK).read_text("utf-8"))
    mark["files"]["../outside/precious.txt"] = hashlib.sha256(b"x").hexdigest()
    (site / MARK).write_text(json.dumps(mark), "utf-8")
    assert judgebench("publish", "runs", "--output", "site", "--allow-samples").code == 0
    assert (outside / "precious.txt").read_text() == "x"


@pytest.mark.parametrize(("changes", "words"), [
    ({"revision": ""}, "data: nothing pins it"),
    ({"revision": "main"}, "data: main; run it on data that a hash or a commit pins"),
    ({"revision": "data:0123456789ab+main"}, "data: data:0123456789ab+main"),
    ({"versions": {}}, "versions: judgebench unknown, python unknown"),
    ({"counts": {"items": 24, "cases": 60}}, "complete: 48 of 60 cases"),
    ({"task": "of-a-plugin", "revision": "data:0123456789ab"}, "licence: unknown: the task has no card here"),
    ({"task": "triviaqa:v1", "revision": "data:0123456789ab"}, "licence: none stated"),
])  # fmt: skip
def test_what_is_not_pinned_whole_or_licensed_is_refused(judgebench, sampled: Path, changes, words) -> None:
    run = edited(first(sampled), **changes)
    done = judgebench("publish", "runs", "--check", "--allow-samples")
    assert done.code == 3
    said, _, todo = words.partition("; ")
    assert said in done.err
    assert todo[1:] in " ".join(done.err.split())
    assert run.name in done.err


def test_damage_is_refused(judgebench, sampled: Path) -> None:
    file = first(sampled) / "verdicts.jsonl"
    text = file.read_text("utf-8")
    file.write_text(text.replace('"code":', '"code": ', 1) if '"code":' in text else text[:-20], "utf-8")
    done = judgebench("publish", "runs", "--check", "--allow-samples")
    assert done.code == 3
    assert "store" in done.err
    assert "judgebench verify" in done.err


def test_labels_without_a_licence_stay_out_and_figures_go_in(judgebench, sampled: Path, tmp_path: Path) -> None:
    for path in sampled.glob("judgebench--*"):
        edited(path, task="triviaqa:v1", revision="data:0123456789ab")
    done = judgebench("publish", "runs", "--output", "site", "--allow-samples")
    assert done.code == 3
    assert "--verdicts licensed" in done.err
    done = judgebench("publish", "runs", "--output", "site", "--allow-samples", "--verdicts", "licensed")
    assert done.code == 0, done.err
    names = {path.name for path in (tmp_path / "site" / "verdicts").iterdir()}
    assert len(names) == 3
    assert all(name.startswith("pandalm") for name in names)
    text = (tmp_path / "site" / "README.md").read_text("utf-8")
    assert "Figures only, without labels: triviaqa:v1." in text
    assert yaml.safe_load(text.split("---\n")[1])["license"] == ["apache-2.0", "other"]
    done = judgebench("publish", "runs", "--output", "site", "--allow-samples", "--verdicts", "none")
    assert done.code == 0, done.err
    assert not list((tmp_path / "site" / "verdicts").iterdir())


def test_it_says_what_is_missing_on_the_command_line(judgebench, sampled: Path) -> None:
    assert "give --output DIR, or --check" in judgebench("publish", "runs").err
    assert judgebench("publish", "nowhere", "--check").code == 3
