"""How far a command that asks is: a bar for each run on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import shutil
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, TextIO

from judgebench.api.notes import doing
from judgebench.report.document.text import one_line, shorten, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.run.execute import Execution, Progress

#: Seconds between two looks on a terminal, and between two lines elsewhere.
_MOVING, _PLAIN = 0.25, 60.0
#: The rate is that of the last so many seconds.
_RECENT = 30.0
#: Widths of a run's name and of its bar; a narrow terminal has shorter ones.
_NAME, _BAR, _LEAST = 36, 24, 6


class Live:
    """Shows how far all runs of a command are, on a terminal or what takes its place."""

    def __init__(self, stream: TextIO | None) -> None:
        # Python has no stream at all where the shell closed it, whatever its type says.
        self._stream = stream
        self._moving = self._stream is not None and self._stream.isatty()
        self._drawn = 0
        self._began = time.monotonic()
        self._speeds: dict[int, Speed] = {}

    @property
    def interval(self) -> float:
        """Seconds between two calls of `show`."""
        return _MOVING if self._moving else _PLAIN

    def show(self, progress: Progress) -> None:
        """Say it; at the end what moved goes, for what was done is said otherwise."""
        if self._stream is None or (progress.over and not self._moving):
            return
        doing("")
        now = time.monotonic()
        # Outcomes are told a moment later.
        asked = all(map(_over, progress.outcomes))
        if not self._moving:
            self._stream.write("" if asked else f"{one_line(self._line(progress, now))}\n")
        else:
            lines = [] if progress.over else self._lines(progress, now)
            up = f"\x1b[{self._drawn}A" if self._drawn else ""
            self._stream.write(f"{up}\r\x1b[J" + "".join(f"{line}\n" for line in lines))
            self._drawn = len(lines)
        self._stream.flush()
        if progress.over:
            doing("measuring")
        elif asked:
            doing("writing the verdicts")

    def _lines(self, progress: Progress, now: float) -> list[str]:
        """Draw a line for each run, those that are over last, as many as the terminal has room for."""
        size = shutil.get_terminal_size()
        width, room = max(20, size.columns - 1), max(1, size.lines - 3)
        outcomes = sorted(progress.outcomes, key=_over)
        named = [_name(one) for one in outcomes[:room]]
        column = min(_NAME, max(map(text_width, named)), width // 3)
        lines = []
        for outcome, name in zip(outcomes, named, strict=False):
            speed, short = self._speed(id(outcome), [outcome], now), shorten(name, column)
            lines.append(_fitted(f"{short}{' ' * (column - text_width(short))}", outcome, speed, width))
        if len(outcomes) > room:
            over = sum(map(_over, outcomes[room:]))
            lines.append(f"and {len(outcomes) - room} more runs, {over} of them over"[:width])
        if told := paused(progress):
            lines.append(one_line(told)[:width])
        return lines

    def _line(self, progress: Progress, now: float) -> str:
        """Say in one line how far all runs are."""
        outcomes = progress.outcomes
        who = _name(outcomes[0]) if len(outcomes) == 1 else f"{len(outcomes)} runs"
        said = [part for part in _parts(outcomes, self._speed(0, outcomes, now)) if part]
        return ", ".join([f"{who}: {said[0]}", *said[1:], *filter(None, [paused(progress)])])

    def _speed(self, key: int, outcomes: Sequence[Execution], now: float) -> float:
        speed = self._speeds.setdefault(key, Speed(self._began))
        return speed.at(now, sum(one.summary.asked for one in outcomes))


class Speed:
    """Calls a second, of late."""

    def __init__(self, began: float) -> None:
        self._seen: deque[tuple[float, int]] = deque([(began, 0)])

    def at(self, now: float, asked: int) -> float:
        """Take note of how many were asked, and give the rate.

        >>> speed = Speed(0.0)
        >>> speed.at(10.0, 50), speed.at(60.0, 550)
        (5.0, 10.0)
        """
        self._seen.append((now, asked))
        while len(self._seen) > 2 and now - self._seen[0][0] > _RECENT:
            self._seen.popleft()
        since, before = self._seen[0]
        return (asked - before) / max(now - since, 1e-9)


def paused(progress: Progress) -> str:
    """Say what is waited for and until when, where no call goes."""
    from judgebench.run.throttle import until  # noqa: PLC0415 - loaded on use

    seconds, why = max((dispatcher.held for dispatcher in progress.dispatchers), default=(0.0, ""))
    return f"waiting {until(seconds)}: {why}" if seconds else ""


def _over(outcome: Execution) -> bool:
    return outcome.finished or outcome.error is not None


def _name(outcome: Execution) -> str:
    return one_line(f"{outcome.plan.run.task} · {outcome.plan.name}")


def _parts(outcomes: Sequence[Execution], speed: float) -> list[str]:
    """Say how many of how many, the share, calls a second, what is left, the cost, and how many have no verdict."""
    statuses: Counter[str] = Counter()
    for one in outcomes:
        statuses.update({status.value: count for status, count in one.summary.statuses.items()})
    total, done = sum(one.plan.total for one in outcomes), statuses.total()
    usage = outcomes[0].summary.usage
    for one in outcomes[1:]:
        usage = usage + one.summary.usage
    if any(one.error is not None for one in outcomes) and all(map(_over, outcomes)):
        left = "stopped"
    elif done >= total:
        left = "done"
    else:
        left = f"{_clock((total - done) / speed)} left" if speed > 0 else ""
    bad = done - statuses["ok"]
    return [
        f"{done:,}/{total:,}",
        f"{100 * done / max(total, 1):.0f} %",
        f"{speed:.0f}/s" if speed >= 1 else f"{speed:.1f}/s" if speed > 0 else "",
        left,
        f"${usage.usd:.2f}" if usage.usd else "",
        f"{bad:,} bad" if bad else "",
    ]


def _fitted(name: str, outcome: Execution, speed: float, width: int) -> str:
    """Draw a run's line: what counts least goes first where there is no room, then the bar shrinks."""
    from tqdm import tqdm

    done, share, rate, left, cost, bad = _parts([outcome], speed)
    # Below each other they can be compared.
    share, rate, left = share.rjust(5), rate and rate.rjust(5), left and left.rjust(10)
    count = f"{done:>{2 * len(f'{outcome.plan.total:,}') + 1}}"
    fewer = [[share, rate, left, cost, bad], [share, left, cost, bad], [share, left, bad], [share, left], [left], []]
    for more in fewer:
        said = "  ".join([count, *filter(None, more)])
        room = width - text_width(name) - len(said) - 4
        if room >= _BAR or (not more and room >= _LEAST) or (len(more) <= 2 and room >= _LEAST):
            part = min(1.0, outcome.summary.statuses.total() / max(outcome.plan.total, 1))
            bar = tqdm.format_meter(part, 1.0, 1.0, ncols=min(room, _BAR), bar_format="{bar}", ascii="─╸━")
            return f"{name}  {bar}  {said}"
    return f"{name}  {done}"[:width]


def _clock(seconds: float) -> str:
    from tqdm import tqdm

    return str(tqdm.format_interval(seconds)).removeprefix("0")
