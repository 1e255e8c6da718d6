"""Where a command stands, on a terminal and elsewhere."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from processes import HANGS

from judgebench.api.live import Live
from judgebench.api.notes import answered, listening
from judgebench.api.progress import told
from judgebench.cli import status as terminal
from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Scale, Status, Turn, Usage
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.report.document.text import text_width
from judgebench.run.engine import Dispatchers, Options
from judgebench.run.execute import Execution, Progress
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.run.summary import Summary


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Toy:
    name, revision, scale = "toy", "r", Scale.pair()

    def items(self):
        for i in range(10):
            yield Item(f"i{i}", (Turn.of("user", "q"),), (Response("a"), Response("b")), (Label("h", 0),), "human")


class Judge(Own):
    name = "j"
    settings: dict[str, object] = {}  # noqa: RUF012 - read only

    async def reply(self, case: Case, scale: Scale) -> Reply:
        return Reply.ok(0)


def progress(runs: int = 1) -> Progress:
    dispatchers = Dispatchers(Options(max_concurrency=4))
    dispatchers.of(Judge())["j"].in_flight = 3
    planned = plan(Toy(), Judge(), Selection(Plain("both")), Conventions(Policies()))
    done = Summary(
        asked=5, usage=Usage(900, 100, 0.25), statuses=Counter({Status.OK: 4, Status.FAILED: 1}),
        models=Counter({"m-1": 3, "m-2": 1}),
    )  # fmt: skip
    return Progress([Execution(planned, Path(f"runs/{i}"), done) for i in range(runs)], dispatchers)


def test_a_pipe_gets_a_line_a_minute_and_none_at_the_end() -> None:
    stream = io.StringIO()
    live, where = Live(stream), progress()
    assert live.interval == 60
    live.show(where)
    where.over = True
    live.show(where)
    [line] = stream.getvalue().splitlines()
    assert re.fullmatch(r"toy · j: 5/20, 25 %, [\d,.]+/s, .* left, \$0\.25, 1 bad", line)


def test_a_terminal_gets_a_line_for_each_run_that_moves_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    stream = Terminal()
    live, where = Live(stream), progress(2)
    live.show(where)
    lines = stream.getvalue().removeprefix("\r\x1b[J").splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["toy · j", "toy · j"]
    assert all("━━━━━━──" in line and " 5/20   25 %" in line and len(line) < 100 for line in lines)
    live.show(where)
    assert stream.getvalue().count("\x1b[2A\r\x1b[J") == 1
    where.over = True
    live.show(where)
    assert stream.getvalue().endswith("\x1b[2A\r\x1b[J")


@pytest.mark.parametrize("name", ["a judge/whose name: is as long as a sentence is", "評価の名前は文章のように長い"])
@pytest.mark.parametrize("columns", [20, 30, 40, 60, 80, 100, 200])
def test_a_line_fits_at_every_width(columns: int, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()
    where = progress()
    where.outcomes[0].plan = replace(where.outcomes[0].plan, told=name)
    Live(stream).show(where)
    [line] = stream.getvalue().removeprefix("\r\x1b[J").splitlines()
    assert text_width(line) < max(columns, 21)
    # How many of how many goes last.
    assert "5/20" in line or columns < 30
    assert ("━" in line) == (columns >= 30)


def test_many_runs_fit_the_terminal_those_that_go_on_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "8")
    stream = Terminal()
    where = progress(9)
    for one in where.outcomes[:3]:
        one.finished = True
    Live(stream).show(where)
    lines = stream.getvalue().removeprefix("\r\x1b[J").splitlines()
    assert len(lines) == 6
    assert lines[-1] == "and 4 more runs, 3 of them over"


def test_what_is_being_done_is_said_after_a_silence_and_goes() -> None:
    stream = Terminal()
    status = terminal.Status(stream, "reading", silence=0)
    status.look()
    assert stream.getvalue() == "\r\x1b[Kreading …"
    status.clear()
    assert stream.getvalue().endswith("…\r\x1b[K")
    status.say("")
    status.look()
    assert stream.getvalue().count("reading") == 1
    patient = terminal.Status(stream, "writing")
    patient.look()
    assert "writing" not in stream.getvalue()


#: A judge that takes its time before it is there.
SLOW = """
import sys, time
time.sleep(2 * sys.stderr.isatty())
def judge(item):
    return "A"
"""


def test_what_a_run_does_after_the_last_answer_is_said() -> None:
    where, doing = progress(), list[str]()
    live = Live(Terminal())
    with listening(print, print, doing.append):
        live.show(where)
        where.outcomes[0].finished = True
        live.show(where)
        where.over = True
        live.show(where)
    assert doing == ["", "", "writing the verdicts", "", "measuring"]


def test_nothing_is_written_over_a_question_which_may_go_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    doing = list[str]()
    with listening(print, print, doing.append):
        assert answered("Which is it?") is None
    assert doing == [""]


@pytest.mark.skipif(sys.platform == "win32", reason="no pty")
def test_a_terminal_sees_what_takes_long_and_keeps_nothing_of_it(tmp_path: Path, apart) -> None:
    import pty

    (tmp_path / "slow.py").write_text(SLOW)
    command = [sys.executable, "-m", "judgebench", "run", "--judge", "slow:judge", "--task", "pandalm", "--sample"]
    front, back = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=back) as process:
        os.close(back)
        seen = b""
        with contextlib.suppress(OSError):
            while piece := os.read(front, 4096):
                seen += piece
        os.close(front)
        assert process.wait(HANGS) == 0
    text = seen.decode()
    assert "reading pandalm …" in text
    # What moves is taken away before anything stays.
    for part in text.split("reading pandalm …")[1:]:
        assert "\n" not in part.partition("\r\x1b[")[0]
    assert "…" not in apart(*command[3:], "--no-cache", "--refresh").err


def test_no_stream_at_all_is_no_error() -> None:
    Live(None).show(progress())


def test_a_run_of_several_versions_says_so() -> None:
    assert told(progress().outcomes[0])[-1].endswith("answered by more than one version of the model: m-1 (3), m-2 (1)")
