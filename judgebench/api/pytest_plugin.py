"""The pytest plugin: judges under test, with answers kept from one session to the next.

::

    def test_judge(judge_run):
        assert judge_run("gpt-4o", "pandalm").kappa.low > 0.4

``docs/reference/python.md`` says more. This module loads nothing but pytest: a session that tests no judge pays
nothing for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from judgebench.api.pytest_runs import JudgeRun

_MARK = "judge"
#: Under this name a worker of pytest-xdist hands over what its tests got.
_OUTPUT = "judgebench"
_OFF = {"", "0", "no", "false", "off"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("judgebench", "judges under test")
    group.addoption("--judge-runs", metavar="DIR", help="Folder that keeps the answers of judges (ini: judge_runs).")
    offline = {"action": "store_const", "dest": "judge_offline", "default": None}
    group.addoption(
        "--judge-offline",
        const="skip",
        help="Ask no judge; a test whose answers are not all kept is skipped (JUDGEBENCH_OFFLINE=1 does the same).",
        **offline,
    )
    # Options of their own: an optional value would take the next word of the command line, a test's path, for itself.
    group.addoption("--judge-offline=skip", const="skip", help="The same.", **offline)
    group.addoption(
        "--judge-offline=fail",
        const="fail",
        help="The same, but such a test fails (JUDGEBENCH_OFFLINE=fail).",
        **offline,
    )
    group.addoption(
        "--judge-max-cost", type=_dollars, metavar="USD", help="Dollars that the judges of the whole session may cost."
    )
    parser.addini("judge_runs", "Folder that keeps the answers of judges, from the rootdir; .judgebench by default.")


def _dollars(text: str) -> float:
    """Read a sum of money; pytest says what was wrong with any other text."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and a place for what the session's judges come to."""
    config.addinivalue_line(
        "markers",
        "judge(**options): the test asks LLM judges. The options, those of judgebench.run, are defaults of judge_run; "
        "every test that uses judge_run has this mark.",
    )
    config.pluginmanager.register(_Session(config), "judgebench-session")


class _Session:
    """What a session's tests ask and get."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._runner: JudgeRun | None = None
        self._said: list[Any] = []
        self._item: pytest.Item | None = None

    @property
    def item(self) -> pytest.Item | None:
        """The test that is running."""
        return self._item

    def runner(self) -> JudgeRun:
        """Give what the tests of this session call."""
        from judgebench.api.pytest_runs import JudgeRun, Settings  # noqa: PLC0415 - loaded on use

        if self._runner is None:
            config = self._config
            folder = config.getoption("judge_runs") or config.getini("judge_runs") or ".judgebench"
            worker = getattr(config, "workerinput", {})
            settings = Settings(
                runs=folder if "://" in folder else str(config.rootpath / folder),
                offline=_offline(config),
                max_cost=config.getoption("judge_max_cost"),
                session=worker.get("testrunuid", ""),
            )
            self._runner = JudgeRun(settings, self._options)
        return self._runner

    def _options(self) -> dict[str, Any]:
        """Defaults of the running test: of its own mark, then of its class's and module's."""
        found: dict[str, Any] = {}
        for mark in self._item.iter_markers(_MARK) if self._item is not None else ():
            if mark.args:
                from judgebench.errors import UsageError  # noqa: PLC0415 - loaded on use

                raise UsageError(f"the judge mark takes options by name, limit=200, and not {mark.args[0]!r}")
            found = dict(mark.kwargs) | found
        return found

    @pytest.hookimpl
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if "judge_run" in getattr(item, "fixturenames", ()):
            item.add_marker(_MARK)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._item = item
        if self._runner is not None:
            self._runner.forget()
        try:
            return (yield)
        finally:
            self._item = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and self._runner is not None:
            # An assertion on the scores themselves shows them already.
            shown = report.longreprtext
            if got := [line for line in self._runner.got() if line not in shown]:
                report.sections.append(("what judge_run gave", "\n".join(got)))
        return report

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        if self._runner is not None:
            self._said += self._runner.told()
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = [tuple(one) for one in self._said]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._said += getattr(node, "workeroutput", {}).get(_OUTPUT, [])

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._said:
            return
        from judgebench.api.pytest_runs import Told, summary  # noqa: PLC0415 - loaded on use
        from judgebench.report.document.text import one_line  # noqa: PLC0415 - loaded on use

        terminalreporter.section("judges")
        for line in summary(Told(*one) for one in self._said):
            terminalreporter.write_line(one_line(line))


def _offline(config: pytest.Config) -> str:
    """Read whether judges may be asked: empty, ``skip`` or ``fail``."""
    said: str | None = config.getoption("judge_offline")
    if said is None:
        said = os.environ.get("JUDGEBENCH_OFFLINE", "").strip().casefold()
        return "" if said in _OFF else "fail" if said == "fail" else "skip"
    return said


@pytest.fixture(scope="session")
def judge_run(pytestconfig: pytest.Config) -> JudgeRun:
    """Ask a judge about a task and measure, as `judgebench.run`: ``judge_run("gpt-4o", "pandalm").kappa.low``."""
    session = pytestconfig.pluginmanager.getplugin("judgebench-session")
    return cast("_Session", session).runner()
