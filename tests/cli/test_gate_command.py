"""``gate`` as CI calls it: stored runs, baseline files, exit codes, and everything that must be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from documents import document
from report.gate_rows import NEW, RUN, planted, store, verdicts

from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Scale, Status, Turn, Usage, Verdict

if TYPE_CHECKING:
    from pathlib import Path


def both(root: Path, n: int, **how) -> tuple[Path, Path]:
    """Two stored runs with a planted drop."""
    gold, first, second = planted(n, **how)
    return store(root, RUN, verdicts(gold, first)), store(root, NEW, verdicts(gold, second))


def test_a_planted_drop_fails_and_none_passes(judgebench, tmp_path):
    # A drop of .05 in accuracy is one of .10 in kappa, on balanced classes.
    old, new = both(tmp_path / "a", 500, drop=0.05)
    done = judgebench("gate", new, "--against", old, "--format", "json", "--verify")
    found = done.document()
    assert (done.code, found["state"], found["items"]) == (1, "fail", 500)
    assert found["lines"][0]["worse"]["value"] == pytest.approx(0.1, abs=0.005)
    assert done.err.startswith("judgebench: FAIL: server/new against the baseline server/old on planted, 500 items.")
    turned = judgebench("gate", old, "--against", new)
    assert (turned.code, turned.err) == (0, ""), "an improvement never fails"
    old, new = both(tmp_path / "b", 2000)
    done = judgebench("gate", new, "--against", old)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("PASS  Not worse than allowed: kappa ")
    done = judgebench("gate", new, "--against", old, "--explain")
    odds = " ".join(done.out.split("of 10 from")[1].split())
    # Its own false alarm rate, power at the margin, how often it passes, and the drop that it finds 8 times in 10.
    assert "Cohen's kappa 3.0 % 95.0 % 97.0 % 5.0 % .039" in odds


def test_what_is_given_wrongly_is_named_with_what_to_do(judgebench, tmp_path):
    old, new = both(tmp_path, 500, drop=0.05)
    (tmp_path / "gate.xml").write_text("<testsuites/>")
    for words, code, told in (
        (("--subset", "nosuch"), 2, "this task has no subsets"),
        (("--margin", "5%"), 2, "such as .05"),
        (("--against", tmp_path / "gate.xml"), 3, "is it the right file"),
        ((old,), 2, "takes one folder of runs"),
    ):
        against = () if "--against" in words else ("--against", old)
        done = judgebench("gate", new, *against, *words)
        assert (done.code, told in done.err, "JSONDecodeError" in done.err) == (code, True, False), done.err
    explained = judgebench("gate", new, "--against", old, "--explain")
    assert (explained.code, explained.out.count("FAIL:"), explained.err.count("FAIL:")) == (1, 1, 0)
    rule = judgebench("run", "--judge", "baseline/contains", "--task", "triviaqa", "--sample")
    assert "Did you mean contains" in rule.err
    assert "--task pandalm" in judgebench("reproduce", "pandalm").err


def test_too_few_items_can_not_tell(judgebench, tmp_path):
    old, new = both(tmp_path, 100, drop=0.02)
    done = judgebench("gate", new, "--against", old, "--format", "json")
    found = done.document()
    assert (done.code, found["state"]) == (6, "undecided")
    needed = found["items_needed"]
    assert needed > 100
    assert f"You need about {needed:,} items." in done.err
    assert done.err.startswith("judgebench: CAN'T TELL")
    assert judgebench("gate", new, "--against", old, "--margin", 0.5).code == 0
    assert judgebench("gate", new, "--against", old, "--margin", 0.5, "--alpha", 0.2).code == 0


def test_the_same_decision_gives_the_same_bytes(judgebench, tmp_path):
    old, new = both(tmp_path, 200, drop=0.02)
    for form in ("table", "json", "md"):
        first, again = (
            judgebench("gate", new, "--against", old, "--format", form, "--junit", "j.xml") for _ in range(2)
        )
        assert first == again


def test_a_baseline_file_is_made_reviewed_and_renewed(judgebench, tmp_path):
    old, new = both(tmp_path, 300, drop=0.1)
    file = tmp_path / "base" / "line.json"
    missing = judgebench("gate", old, "--against", file)
    assert (missing.code, "--update` makes it" in missing.err) == (2, True)
    made = judgebench("gate", old, "--against", file, "--update")
    assert (made.code, made.out) == (0, "")
    assert "300 items, new" in made.err
    text = file.read_text("utf-8")
    document(text)
    lines = text.splitlines()
    items = [line for line in lines if line.startswith('    "item ')]
    assert len(items) == 300
    assert items == sorted(items)
    assert all(line.split(": ", 1)[1].rstrip(",") in {'{"0": "correct"}', '{"0": "incorrect"}'} for line in items)
    assert "Is it?" not in text
    assert "It is." not in text
    # The file says what the run says.
    by_run, by_file = (judgebench("gate", new, "--against", one, "--format", "json").document() for one in (old, file))
    assert by_run == by_file
    assert by_file["state"] == "fail"
    assert judgebench("gate", old, "--against", file).code == 0
    renewed = judgebench("gate", new, "--against", file, "--update")
    assert "judge: 'server/old' before, 'server/new' now" in renewed.err
    assert f"300 items: verdicts of {by_file['differ']} changed, 0 new, 0 gone" in renewed.err
    after = file.read_text("utf-8").splitlines()
    # What a reviewer sees: a line for each verdict that changed, and the head.
    assert sum(a != b for a, b in zip(lines, after, strict=True) if a.startswith('    "item ')) == by_file["differ"]
    assert judgebench("gate", new, "--against", file).code == 0
    again = judgebench("gate", new, "--against", file, "--update")
    assert again.code == 0
    assert file.read_text("utf-8").splitlines() == after
    folder = judgebench("gate", new, "--against", old, "--update")
    assert (folder.code, "is a folder" in folder.err) == (2, True)


FIELDS = {
    "revision": {"revision": "r2"},
    "task": {"task": "other"},
    "gold source": {"gold_source": "model"},
    "content": {"content": "c2"},
    "policy": {"policies": Policies(order="both-right")},
    "scale": {"scale": Scale.parse("nominal:incorrect,correct")},
}


def changed(gold, codes, what: str):
    """The same run, but for one thing."""
    run = replace(NEW, **FIELDS.get(what, {}))
    said = verdicts(gold, codes, revision=run.revision)
    other = {
        "gold": lambda: verdicts(np.r_[1 - gold[0], gold[1:]], codes),
        "fewer items": lambda: said[:-1],
        "more items": lambda: verdicts(np.r_[gold, 0], np.r_[codes, 0]),
        "another item": lambda: [replace(said[0], item="elsewhere"), *said[1:]],
        "repeats": lambda: said + [replace(one, repeat=1) for one in said],
    }.get(what)
    return run, said if other is None else other()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("task", "another task: the baseline has 'planted', the run 'other'"),
        ("revision", "another task revision: the baseline has 'r1', the run 'r2'"),
        ("scale", "another scale: the baseline has 'check'"),
        ("gold source", "another gold source: the baseline has 'human', the run 'model'"),
        ("gold", "other gold labels"),
        ("content", "other texts"),
        ("policy", "another policy: the baseline has order=mean, the run order=both-right"),
        ("fewer items", "the run lacks 1 item ('item 0039')"),
        ("more items", "the baseline lacks 1 item ('item 0040')"),
        ("another item", "the run lacks 1 item ('item 0000')"),
        ("repeats", "item 'item 0000' was shown otherwise: orders (and repeats) 0 in the baseline, 0 0#2 in the run"),
    ],
)
def test_a_baseline_of_other_data_is_refused(judgebench, tmp_path, what, says):
    gold, first, second = planted(40)
    old = store(tmp_path / "a", RUN, verdicts(gold, first))
    assert judgebench("gate", old, "--against", "line.json", "--update").code == 0
    new = store(tmp_path / "b", *changed(gold, second, what))
    for against in ("line.json", old):
        done = judgebench("gate", new, "--against", against)
        assert (done.code, done.out) == (3, "")
        assert says in done.err
        assert len(done.err.splitlines()) <= 2
        assert ("--update` renews the baseline" in done.err) == (against == "line.json")
    if what == "policy":
        assert judgebench("gate", new, "--against", "line.json", "--policy", "order=mean").code in {0, 6}
    if what == "repeats":
        single = judgebench("gate", new, "--against", old, "--policy", "order=single")
        assert single.code in {0, 6}, single.err


def damaged(text: str, what: str) -> str:
    line = next(one for one in text.splitlines() if one.startswith('    "item '))
    return {
        "truncated": text[:-200],
        "empty": "",
        "edited": text.replace('"correct"', '"incorrect"', 1),
        "twice": text.replace(line, f"{line}\n{line}"),
        "conflict": text.replace('  "verdicts"', '<<<<<<< HEAD\n  "verdicts"'),
        "list": "[1]",
        "deep": "[" * 100_000,
        "version": text.replace("judgebench.baseline/1", "judgebench.baseline/2"),
    }[what]


@pytest.mark.parametrize(
    ("what", "says", "again"),
    [
        ("truncated", "cut off", 2),
        ("empty", "cut off", 2),
        ("edited", "checksum", 0),
        ("twice", "twice", 2),
        ("conflict", "badly merged", 2),
        ("list", "not an object", 2),
        ("deep", "not a baseline", 2),
        ("version", "'judgebench.baseline/2', and this version", 2),
    ],
)
def test_a_damaged_baseline_is_refused(judgebench, tmp_path, what, says, again):
    gold, first, _ = planted(40)
    old = store(tmp_path / "a", RUN, verdicts(gold, first))
    file = tmp_path / "line.json"
    judgebench("gate", old, "--against", file, "--update")
    file.write_text(damaged(file.read_text("utf-8"), what), encoding="utf-8")
    done = judgebench("gate", old, "--against", file)
    assert (done.code, done.out, says in done.err) == (3, "", True), done.err
    renewed = judgebench("gate", old, "--against", file, "--update")
    assert (renewed.code in {2, 3}) == bool(again), renewed.err
    if not again:
        assert judgebench("gate", old, "--against", file).code == 0


def test_other_files_are_not_written_over(judgebench, tmp_path):
    gold, first, _ = planted(4)
    old = store(tmp_path / "a", RUN, verdicts(gold, first))
    (tmp_path / "package.json").write_text('{"name": "x"}')
    done = judgebench("gate", old, "--against", "package.json", "--update")
    assert (done.code, "not overwritten" in done.err) == (2, True)
    (tmp_path / "notes.md").write_text("# Notes\n")
    assert judgebench("gate", old, "--against", "notes.md", "--update").code == 3
    assert (tmp_path / "notes.md").read_text() == "# Notes\n"


def test_unfinished_and_empty_runs(judgebench, tmp_path):
    gold, first, second = planted(40)
    old = store(tmp_path / "a", RUN, verdicts(gold, first))
    new = store(tmp_path / "b", NEW, verdicts(gold, second))
    file = new / "verdicts.jsonl"
    whole = file.read_bytes()
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    for command in (("gate", new, "--against", old), ("gate", old, "--against", new)):
        done = judgebench(*command)
        assert (done.code, "command resumes it" in done.err) == (5, True), done.err
    update = judgebench("gate", new, "--against", "line.json", "--update")
    assert (update.code, (tmp_path / "line.json").exists()) == (5, False)
    failed = verdicts(gold, np.full(40, -1), statuses=[Status.FAILED] * 40)
    lost = store(tmp_path / "c", NEW, failed)
    done = judgebench("gate", lost, "--against", old, "--max-coverage-drop", 0.02, "--format", "json")
    assert (done.code, [line["state"] for line in done.document()["lines"]]) == (1, ["fail", "fail"])
    nothing = judgebench("gate", lost, "--against", "line.json", "--update")
    assert (nothing.code, "no case" in nothing.err) == (3, True)
    several = judgebench("gate", tmp_path / "a" / "..", "--against", old)
    assert several.code in {2, 3}


def test_a_folder_of_several_runs_is_refused(judgebench, tmp_path):
    both(tmp_path / "runs", 20)
    done = judgebench("gate", tmp_path / "runs", "--against", tmp_path / "runs")
    assert (done.code, "holds 2 runs" in done.err) == (2, True)
    lone = store(tmp_path / "lone", RUN, verdicts(*planted(20)[:2]))
    assert judgebench("gate", tmp_path / "lone", "--against", lone).code == 0


def test_repeats_orders_scores_and_sequences(judgebench):
    run = ("run", "--sample", "--runs")
    judgebench(*run, "both", "--task", "pandalm", "--judge", "baseline/longest", "--repeats", 2)
    judgebench(*run, "other", "--task", "pandalm", "--judge", "baseline/random", "--repeats", 2)
    judgebench(*run, "original", "--task", "pandalm", "--judge", "baseline/longest", "--order", "original")
    assert judgebench("gate", "both", "--against", "b.json", "--update").code == 0
    assert judgebench("gate", "both", "--against", "b.json").code == 0
    for limit in ((), ("--max-flip-increase", 0.05, "--max-latency-increase", 1, "--max-cost-increase", 0.1)):
        decide = ("gate", "other", "--format", "json", *limit)
        found = [judgebench(*decide, "--against", one).document() for one in ("b.json", "both")]
        assert found[0] == found[1]
        assert found[0]["judgments"] == 96
    shown = judgebench("gate", "original", "--against", "b.json")
    assert (shown.code, "was shown otherwise" in shown.err) == (3, True)
    assert judgebench("gate", "original", "--against", "b.json", "--policy", "order=single").code == 3
    judgebench(*run, "single", "--task", "pandalm", "--judge", "baseline/longest")
    assert judgebench("gate", "single", "--against", "single.json", "--policy", "order=single", "--update").code == 0
    assert judgebench("gate", "original", "--against", "single.json", "--policy", "order=single").code == 0
    flips = judgebench("gate", "original", "--against", "original", "--max-flip-increase", 0.1)
    assert (flips.code, "--order both" in flips.err) == (2, True)


def test_money_and_time_are_compared(judgebench, tmp_path):
    gold, first, _ = planted(60)
    cheap = verdicts(gold, first, usage=Usage(100, 10, 0.001), seconds=1.0)
    dear = verdicts(gold, first, usage=Usage(120, 10, 0.0012), seconds=1.01)
    old, new = store(tmp_path / "a", RUN, cheap), store(tmp_path / "b", NEW, dear)
    judgebench("gate", old, "--against", "line.json", "--update")
    limits = ("--max-cost-increase", 0.1, "--max-latency-increase", 0.1)
    for against in (old, "line.json"):
        done = judgebench("gate", new, "--against", against, *limits, "--format", "json")
        lines = {line["figure"]: line for line in done.document()["lines"]}
        assert {name: line["state"] for name, line in lines.items()} == {
            "cohen_kappa": "pass",
            "cost": "fail",
            "latency": "pass",
        }
        assert {name: line["lower_is_better"] for name, line in lines.items()} == {
            "cohen_kappa": False,
            "cost": True,
            "latency": True,
        }
        assert lines["cost"]["worse"]["value"] == pytest.approx(0.2)
        assert done.code == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--margin", 0), "--margin 0"),
        (("--alpha", 0.5), "--alpha 0.5"),
        (("--min-effect", 0.2), "--min-effect"),
        (("--max-cost-increase", 0), "--max-cost-increase"),
        (("--metric", "kapa"), "no metric is named kapa"),
        (("--metric", "signed_bias"), "metric"),
        (("--subset", "x"), "no subset is named x"),
        (("--policy", "tie=odd"), "--policy"),
        (("--max-flip-increase", 0.1), "both orders"),
        (("--junit", "."), "can't write"),
    ],
)
def test_wrong_usage(judgebench, tmp_path, options, says):
    old, new = both(tmp_path, 40)
    done = judgebench("gate", new, "--against", old, *options)
    assert (done.code, done.out, says in done.err) == (2, "", True), done.err


def test_several_metrics_and_subsets(judgebench, tmp_path):
    gold, first, second = planted(400, drop=0.08)
    subsets = ["::easy"] * 200 + ["hard"] * 200
    old = store(tmp_path / "a", RUN, verdicts(gold, first, subsets=subsets))
    new = store(tmp_path / "b", NEW, verdicts(gold, second, subsets=subsets))
    what = ("--metric", "accuracy", "--metric", "cohen_kappa", "--subset", "all", "--strict")
    found = judgebench("gate", new, "--against", old, *what, "--format", "json").document()
    assert [(line["figure"], line["subset"]) for line in found["lines"]] == [
        (figure, subset) for subset in ("all", "::easy", "hard") for figure in ("accuracy", "cohen_kappa")
    ]
    assert all(line["p_holm"] >= line["p"] for line in found["lines"])
    shown = judgebench("gate", new, "--against", old, *what)
    assert not [line for line in shown.out.splitlines() if line.lstrip().startswith("::")]


def test_github_gets_annotations_and_a_summary(judgebench, tmp_path, monkeypatch):
    old, new = both(tmp_path, 500, drop=0.05)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n")
    done = judgebench("gate", new, "--against", old, "--format", "json")
    assert done.document()
    assert "::error" not in done.err
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = judgebench("gate", new, "--against", old, "--format", "json")
    assert done.document(), "stdout stays JSON"
    commands = [line for line in done.err.splitlines() if line.startswith("::")]
    assert len(commands) == 1
    title, message = commands[0].split("::")[1:]
    assert title == "error title=judgebench gate%3A FAIL%2C Cohen's kappa (planted)"
    first = judgebench("gate", new, "--against", old).out.splitlines()[0]
    assert first == f"FAIL  {message}"
    text = (tmp_path / "summary.md").read_text("utf-8")
    assert text.startswith("before\n### judgebench gate: FAIL\n")
    assert text.count("| FAIL | Cohen's kappa |") == 3
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert "::error" in judgebench("gate", new, "--against", old, "--github").err
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    done = judgebench("gate", new, "--against", old)
    assert (done.code, "can't write GITHUB_STEP_SUMMARY" in done.err) == (1, True)


def of_scale(spec: str, codes, golds, **reply):
    """Verdicts on another scale."""
    scale = Scale.parse(spec)
    found = []
    for place, (code, gold) in enumerate(zip(codes, golds, strict=True)):
        responses = tuple(Response(text) for text in "abc")[: len(gold) if scale.kind == "rank" else 1]
        item = Item(f"i{place}", (Turn.of("user", "?"),), responses, (Label("h", gold),), "human")
        said = Reply(Status.TRUNCATED) if code is None else Reply.ok(code, **{k: v[place] for k, v in reply.items()})
        found.append(Verdict.of(Case(item, tuple(range(len(responses)))), said, scale, "r1"))
    return scale, found


@pytest.mark.parametrize("kind", ["rank", "steps", "rate", "probability"])
def test_every_kind_of_verdict_is_held_from_a_file_as_from_a_run(judgebench, tmp_path, kind):
    rng = np.random.default_rng(3)
    n = 60
    options: tuple[str, ...] = ()
    reply: list[dict] = [{}, {}]
    if kind == "rank":
        spec, draw = "rank:3", lambda: [tuple(rng.permutation(3).tolist()) for _ in range(n)]
    elif kind == "steps":
        spec, draw = "steps", lambda: [tuple(rng.integers(0, 2, 4).tolist()) for _ in range(n)]
    elif kind == "rate":
        spec, draw = "rate:1-5", lambda: rng.integers(0, 5, n).tolist()
        reply = [{"scores": [(float(x),) for x in rng.uniform(1, 5, n)]} for _ in range(2)]
        options = ("--metric", "score_mean_absolute_error", "--metric", "cohen_kappa_quadratic")
    else:
        spec, draw = "check", lambda: rng.integers(0, 2, n).tolist()
        reply = [{"probabilities": [(1 - p, p) for p in rng.random(n)]} for _ in range(2)]
        options = ("--metric", "brier", "--metric", "auc")
    gold, first, second = draw(), draw(), draw()
    first[0] = None
    paths = []
    for place, (run, codes) in enumerate(((RUN, first), (NEW, second))):
        scale, said = of_scale(spec, codes, gold, **reply[place])
        paths.append(store(tmp_path / "runs", replace(run, scale=scale), said))
    assert judgebench("gate", paths[0], "--against", "line.json", "--update").code == 0
    text = (tmp_path / "line.json").read_text("utf-8")
    document(text)
    assert '["truncated"]' in text
    limit = ("--max-coverage-drop", 0.1, "--verify", "--format", "json")
    by_file, by_run = (
        judgebench("gate", paths[1], "--against", one, *options, *limit).document() for one in ("line.json", paths[0])
    )
    assert by_file == by_run
    errors = {"score_mean_absolute_error", "brier"}
    assert all(line["lower_is_better"] == (line["figure"] in errors) for line in by_file["lines"])
    assert len(by_file["lines"]) == (len(options) // 2 or 1) + 1
    assert all(line["worse"]["low"] is not None for line in by_file["lines"])
    same = judgebench("gate", paths[0], "--against", "line.json", *options)
    assert same.code == 0, same.err


@pytest.mark.data
def test_recorded_judges_of_pandalm(judgebench, data_dir, tmp_path):
    """Kappa differs by .0294528960976463, by scikit-learn where silence is wrong in the least favourable way.

    Its standard error is that of a jackknife over the 170 questions; statistics.md 9.3 has .0402 and .0424, where
    silence is a label of its own.
    """
    run = ("run", "--task", "pandalm", "--data", data_dir / "pandalm", "--runs", "runs")
    assert judgebench(*run, "--judge", "replay:gpt-3.5-turbo", "--judge", "replay:pandalm-7b").code == 0
    old, new = (next((tmp_path / "runs").glob(f"*{name}*")) for name in ("gpt-3.5", "pandalm-7b"))
    wrong = ("--policy", "invalid=wrong", "--format", "json", "--verify")
    assert judgebench("gate", old, "--against", "line.json", "--update", *wrong[:2]).code == 0
    done = judgebench("gate", new, "--against", "line.json", *wrong)
    worse = done.document()["lines"][0]["worse"]
    assert (done.code, worse["value"]) == (6, pytest.approx(0.0294528960976463, abs=1e-12))
    assert worse["se"] == pytest.approx(0.0433857978542506, rel=4e-3)
    assert judgebench("gate", old, "--against", new, *wrong).code == 0
    other = judgebench("gate", new, "--against", "line.json")
    assert (other.code, "the baseline has invalid=wrong, the run invalid=tie" in other.err) == (3, True)
