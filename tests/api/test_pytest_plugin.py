"""The pytest plugin in sessions of its own, against a loopback model that counts what it is asked."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
import xml.etree.ElementTree as ET
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import judgebench

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).resolve().parents[2]
_TEST = """
import pytest

pytestmark = pytest.mark.judge(sample=True, base_url={url!r})

def test_judge(judge_run):
    scores = judge_run("server/m", "pandalm", limit=6)
    assert scores.kappa.value is not None

def test_the_same(judge_run):
    assert judge_run("server/m", "pandalm", limit=6).coverage == 1
"""


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Load what a session loads: pytester drops the modules that a test loads, and numpy can't be loaded twice."""
    judgebench.run("baseline/longest", "pandalm", sample=True, limit=3, runs=tmp_path_factory.mktemp("loaded"))


@pytest.fixture
def session(
    loaded: None, pytester: pytest.Pytester, capfd: pytest.CaptureFixture[str]
) -> Callable[..., pytest.RunResult]:
    """Run pytest inside this process; not as `pytester.runpytest_inprocess` does, which drops modules, too."""
    settings = "-p no:cacheprovider -p no:judgebench -p judgebench.api.pytest_plugin -W error"
    settings += " -W ignore::pytest.PytestAssertRewriteWarning"

    def run(*arguments: str) -> pytest.RunResult:
        _own_project(pytester)
        before = set(sys.modules)
        capfd.readouterr()
        # Without a hook of the outer session the inner one would leave its own behind.
        hooks = list(sys.meta_path)
        code = pytest.main([*settings.split(), *arguments])
        sys.meta_path[:] = hooks
        for name in set(sys.modules) - before:
            if str(pytester.path) in str(getattr(sys.modules[name], "__file__", None)):
                del sys.modules[name]
        out, err = capfd.readouterr()
        return pytest.RunResult(code, out.splitlines(), err.splitlines(), 0.0)

    return run


def _own_project(pytester: pytest.Pytester) -> None:
    """Make a project of the folder, wherever it lies: in CI it lies in this repository."""
    if not any((pytester.path / name).exists() for name in ("pytest.ini", "tox.ini", "pyproject.toml")):
        (pytester.path / "pytest.ini").write_text("[pytest]\n")


@pytest.fixture
def apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Run pytest in a process of its own, with the plugin installed as pyproject.toml says."""
    installed = pytester.mkdir("installed") / "judgebench-0.dist-info"
    installed.mkdir()
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    entries = "".join(f"{name} = {value}\n" for name, value in project["entry-points"]["pytest11"].items())
    (installed / "entry_points.txt").write_text(f"[pytest11]\n{entries}")
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: judgebench\nVersion: 0\n")
    places = [str(installed.parent), str(Path(judgebench.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))

    def run(*arguments: str) -> pytest.RunResult:
        _own_project(pytester)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *arguments, timeout=240)

    return run


@pytest.fixture
def judged(pytester: pytest.Pytester, fake_llm) -> None:
    """A folder with tests of a judge on the loopback model."""
    pytester.makepyfile(test_judges=_TEST.format(url=fake_llm.openai_url))


def test_it_is_registered() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"judgebench": "judgebench.api.pytest_plugin"}
    # A checkout may stand beside an older installation.
    found = entry_points(group="pytest11", name="judgebench")
    assert {entry.value for entry in found} <= {"judgebench.api.pytest_plugin"}


@pytest.mark.usefixtures("judged")
def test_answers_are_kept_from_session_to_session(session, pytester: pytest.Pytester, fake_llm) -> None:
    first = session()
    first.assert_outcomes(passed=2)
    assert len(fake_llm.requests) == 12
    summary = first.stdout.str().partition("= judges =")[2]
    assert re.search(r"server/m on SAMPLE pandalm: Cohen's kappa .*\[.*human ceiling.*\(12 asked, 0 kept", summary)
    assert (pytester.path / ".judgebench").is_dir()
    again = session()
    again.assert_outcomes(passed=2)
    assert len(fake_llm.requests) == 12
    assert "(0 asked, 12 kept)" in again.stdout.str()
    # What the tests kept, everything else measures.
    scored = pytester.run(sys.executable, "-m", "judgebench", "score", ".judgebench", "--format", "json")
    assert {row["judge"] for row in json.loads(scored.stdout.str())["rows"]} == {"server/m"}


@pytest.mark.usefixtures("judged")
def test_workers_share_what_was_asked(apart, pytester: pytest.Pytester, fake_llm) -> None:
    fake_llm.latency = 0.3
    pytester.makepyfile(test_more=_TEST.format(url=fake_llm.openai_url).replace("limit=6", "limit=8"))
    done = apart("-n", "2", "--dist", "load")
    done.assert_outcomes(passed=4)
    # Six of the eight are the same six: nobody was asked twice.
    assert len(fake_llm.requests) == 16
    assert max(fake_llm.counts.values()) == 1
    text = done.stdout.str()
    assert text.count("server/m on SAMPLE pandalm") == 2
    assert "in all 16 asked" in text


@pytest.mark.usefixtures("judged")
def test_the_folder_may_be_chosen(session, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\njudge_runs = kept/answers\n")
    session().assert_outcomes(passed=2)
    assert (pytester.path / "kept" / "answers").is_dir()
    session("--judge-runs", "elsewhere").assert_outcomes(passed=2)
    assert (pytester.path / "elsewhere").is_dir()
    assert not (pytester.path / ".judgebench").exists()
    pytester.makefile(".txt", blocked="")
    blocked = session("--judge-runs", "blocked.txt")
    blocked.assert_outcomes(failed=2)
    blocked.stdout.fnmatch_lines(["judgebench: can't write to --judge-runs *blocked.txt*"])


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize("how", ["option", "environment"])
def test_offline_asks_nobody(session, monkeypatch: pytest.MonkeyPatch, fake_llm, how: str) -> None:
    def offline(*arguments: str, fail: bool = False) -> pytest.RunResult:
        if how == "option":
            return session("--judge-offline=fail" if fail else "--judge-offline", *arguments)
        monkeypatch.setenv("JUDGEBENCH_OFFLINE", "fail" if fail else "1")
        try:
            return session(*arguments)
        finally:
            monkeypatch.delenv("JUDGEBENCH_OFFLINE")

    # A path after the option is a path.
    skipped = offline("test_judges.py", "-rs")
    skipped.assert_outcomes(skipped=2)
    skipped.stdout.fnmatch_lines(["SKIPPED*offline, and 12 of 12 answers of server/m on pandalm are not kept in*"])
    failed = offline(fail=True)
    failed.assert_outcomes(failed=2)
    failed.stdout.fnmatch_lines(["judgebench: offline, and 12 of 12 answers*"])
    assert not fake_llm.requests
    session().assert_outcomes(passed=2)
    asked = len(fake_llm.requests)
    offline().assert_outcomes(passed=2)
    offline(fail=True).assert_outcomes(passed=2)
    assert len(fake_llm.requests) == asked == 12


def test_offline_never_asks_for_another_version(session, pytester: pytest.Pytester, fake_llm) -> None:
    source = _TEST.format(url=fake_llm.openai_url)
    pytester.makepyfile(test_judges=source)
    session().assert_outcomes(passed=2)
    fake_llm.version = "another"
    pytester.makepyfile(test_judges=source.replace("limit=6", "limit=9, order='original'"))
    session("--judge-offline").assert_outcomes(skipped=2)
    pytester.makepyfile(test_judges=source.replace("limit=6", "limit=6, order='original'"))
    session("--judge-offline").assert_outcomes(passed=2)
    assert len(fake_llm.requests) == 12


def test_what_calls_nobody_is_measured_offline(session, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_rule(judge_run):\n    assert judge_run('baseline/longest', 'pandalm', sample=True).kappa.value < 1\n"
        "def mine(item):\n    return 'A'\n"
        "def test_own(judge_run):\n    judge_run(mine, 'pandalm', sample=True)\n"
    )
    session("--judge-offline").assert_outcomes(passed=1, skipped=1)


@pytest.mark.usefixtures("judged")
def test_marks_choose_tests(session, pytester: pytest.Pytester, fake_llm) -> None:
    pytester.makepyfile(
        test_others="""
        import pytest

        @pytest.fixture
        def kappa(judge_run):
            return judge_run("server/m", "pandalm").kappa

        @pytest.mark.judge(sample=True)
        def test_through_a_fixture(kappa): pass

        def test_plain(): pass
        """
    )
    done = session("-m", "not judge", "--strict-markers")
    done.assert_outcomes(passed=1, deselected=3)
    assert "judges" not in done.stdout.str()
    assert not fake_llm.requests
    assert not (pytester.path / ".judgebench").exists()
    listed = session("--markers")
    listed.stdout.fnmatch_lines(["@pytest.mark.judge(?*options): the test asks LLM judges.*"])


def test_the_nearest_mark_and_the_call_win(session, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.judge(sample=True, limit=3)

        class TestMore:
            pytestmark = pytest.mark.judge(limit=4)

            def test_class(self, judge_run):
                assert judge_run("baseline/longest", "pandalm").row().items == 4

            @pytest.mark.judge(limit=5)
            def test_own(self, judge_run):
                assert judge_run("baseline/longest", "pandalm").row().items == 5
                assert judge_run("baseline/longest", "pandalm", limit=6).row().items == 6

        def test_module(judge_run):
            assert judge_run("baseline/longest", "pandalm").row().items == 3
        """
    )
    session().assert_outcomes(passed=3)


def test_failures_show_the_interval(session, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from judgebench.domain import Item, Label, Response, Scale, Turn

        class Same:
            name, revision, scale = "same", "1", Scale.pair()

            def items(self):
                shown = (Response("a"), Response("b"))
                for i in range(9):
                    yield Item(f"i{i}", (Turn.of("user", "q"),), shown, (Label("h", 0),), "human")

        def test_low(judge_run):
            assert judge_run("baseline/longest", "pandalm", sample=True).kappa.low > 0.4

        def test_later(judge_run):
            value = judge_run("baseline/longest", "pandalm", sample=True).kappa.value
            assert value > 0.4

        def test_undefined(judge_run):
            scores = judge_run(lambda item: "A", Same(), order="original")
            assert scores.kappa.low > 0.4

        def test_unbounded(judge_run):
            scores = judge_run("baseline/first", "judgebench", sample=True, limit=1)
            assert scores.kappa.low > 0.4
        """
    )
    done = session()
    done.assert_outcomes(failed=4)
    text = done.stdout.str()
    assert re.search(r"where -0\.243\d* = <Cohen's kappa \.153 \[-\.243, \.560\], n = 48>\.low", text)
    low, later, undefined, unbounded = re.split(r"^_+ test_\w+ _+$", text, flags=re.MULTILINE)[1:]
    assert "what judge_run gave" not in low
    for part in (later, undefined, unbounded):
        assert "what judge_run gave" in part
    assert "baseline/longest on SAMPLE pandalm: Cohen's kappa .153 [-.243, .560], agreement with humans 50.0 %" in later
    assert "undefined: one side gives the same label throughout" in undefined
    assert "Cohen's kappa .000 (no interval)" in unbounded


def test_errors_are_a_line_or_two(session, pytester: pytest.Pytester, fake_llm) -> None:
    fake_llm.next(*["401"] * 50)
    pytester.makepyfile(
        f"""
        def test_name(judge_run): judge_run("gpt-4o", "pandlm")
        def test_option(judge_run): judge_run("gpt-4o", "pandalm", smaple=True)
        def test_key(judge_run): judge_run("gpt-4o", "pandalm", sample=True)
        def test_refused(judge_run): judge_run("server/m", "pandalm", sample=True, base_url={fake_llm.openai_url!r})
        def test_again(judge_run): judge_run("server/m", "pandalm", sample=True, base_url={fake_llm.openai_url!r})
        """
    )
    done = session()
    done.assert_outcomes(failed=5)
    text = done.stdout.str()
    assert "Traceback" not in text
    assert "During handling" not in text
    told = [line for line in text.splitlines() if line.startswith("judgebench: ")]
    assert len(told) == 5
    assert "Did you mean pandalm" in told[0]
    assert "smaple" in told[1]
    assert "OPENAI_API_KEY" in told[2]
    # A backend that refuses is not asked again by the next test.
    assert told[3] == told[4]
    assert len(fake_llm.requests) < 20


@pytest.mark.parametrize("money", ["nan", "inf", "-1", "much"])
def test_a_budget_is_a_sum_of_money(session, money: str) -> None:
    done = session("--judge-max-cost", money)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "--judge-max-cost" in done.stderr.str()


def test_marks_that_would_do_nothing_are_errors(session, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.judge("gpt-4o", sample=True)
        def test_position(judge_run): judge_run("baseline/first", "pandalm")

        @pytest.mark.judge(judge="baseline/first", sample=True)
        def test_judge(judge_run): judge_run("baseline/first", "pandalm")
        """
    )
    done = session()
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(
        [
            "judgebench: the judge mark takes options by name, limit=200, and not 'gpt-4o'",
            "judgebench: judge is not an option of the judge mark: judge_run(judge, task) names it",
        ]
    )


def test_words_of_an_error_do_nothing_to_the_terminal(session, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        r"""
        def boom(item): raise ValueError("\x1b[31mred\x07 \u202edetrevni")
        def test_raises(judge_run): judge_run(boom, "pandalm", sample=True)
        """
    )
    done = session()
    done.assert_outcomes(failed=1)
    text = done.stdout.str()
    assert re.search(r"boom raised ValueError \(\S+\.py:1\): \\x1b\[31mred\\x07 \\u202edetrevni", text)
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "two"])
def test_a_budget_holds_for_the_session(
    request: pytest.FixtureRequest, pytester: pytest.Pytester, fake_llm, workers: tuple[str, ...]
) -> None:
    session = request.getfixturevalue("apart" if workers else "session")
    price = "[price]\ninput = 1.0\noutput = 1.0\n"
    for name in "ab":
        pytester.makefile(
            ".toml", **{name: f'name = "{name}"\njudge = "server/{name}"\nbase_url = "{fake_llm.openai_url}"\n{price}'}
        )
        pytester.makepyfile(
            **{f"test_{name}": f"def test_{name}(judge_run):\n    judge_run('{name}.toml', 'pandalm', sample=True, "
                               "max_concurrency=1)\n"}
        )  # fmt: skip
    whole = session("--judge-runs", "unbounded", *workers)
    whole.assert_outcomes(passed=2)
    cost = float(re.findall(r"in all 96 asked, ([\d.]+) USD", whole.stdout.str())[0])
    before = len(fake_llm.requests)
    # Enough for one of them, not for both.
    done = session("--judge-max-cost", f"{cost * 0.75:.6f}", *workers)
    done.assert_outcomes(passed=1, failed=1)
    assert "would exceed max_cost" in done.stdout.str()
    asked = len(fake_llm.requests) - before
    assert 48 < asked < 96
    assert 0.6 * 96 < asked <= 0.75 * 96 + 3
    session("--judge-max-cost", "1", *workers).assert_outcomes(passed=2)
    assert len(fake_llm.requests) == before + 96


@pytest.mark.usefixtures("judged")
def test_it_can_be_left_out_and_disturbs_nobody(apart, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_nothing="""
        import sys

        def test_light():
            assert not {"numpy", "judgebench.report.scores"} & set(sys.modules)
        """
    )
    done = apart("test_nothing.py", "--strict-markers", "--strict-config")
    done.assert_outcomes(passed=1)
    assert "judges" not in done.stdout.str()
    assert [path.name for path in pytester.path.iterdir() if path.name.startswith(".judge")] == []
    without = apart("-p", "no:judgebench", "-W", "ignore::pytest.PytestUnknownMarkWarning", "test_judges.py")
    without.assert_outcomes(errors=2)
    without.stdout.fnmatch_lines(["*fixture 'judge_run' not found*"])


@pytest.mark.usefixtures("judged")
def test_reports_of_other_plugins_are_whole(session, pytester: pytest.Pytester) -> None:
    session("--junit-xml", "junit.xml").assert_outcomes(passed=2)
    [suite] = ET.parse(pytester.path / "junit.xml").getroot()  # noqa: S314 - pytest's own file
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")
