"""What a server says of its limits in the headers of an answer, and how long it asks to wait."""

from __future__ import annotations

import math
import re
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from judgebench.domain import Quota, RateLimits

if TYPE_CHECKING:
    from collections.abc import Mapping


_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"([0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)(ms|us|µs|ns|d|h|m|s)")
#: Limit, remaining and reset, as they are called; the first that is whole counts.
_REQUESTS = (
    ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    (
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
)
_TOKENS = (
    ("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    (
        "anthropic-ratelimit-input-tokens-limit",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
)


def rate_limits(headers: Mapping[str, str]) -> RateLimits | None:
    """Read a server's limits from the headers of an answer; None where it says nothing of them.

    Three families are known: OpenAI's ``x-ratelimit-*-requests`` and ``-tokens`` with durations (``6m0s``, ``20ms``),
    Anthropic's ``anthropic-ratelimit-*`` with RFC 3339 dates, and plain ``x-ratelimit-limit`` or ``RateLimit-Limit``
    (IETF drafts, old and new). Dates are taken against the answer's own ``Date``, so that a wrong clock here does no
    harm.

    >>> rate_limits({"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59",
    ...              "x-ratelimit-reset-requests": "1m0.5s"}).requests
    Quota(limit=60.0, remaining=59.0, reset=60.5)
    """
    found = {name.lower(): value for name, value in headers.items() if "ratelimit" in name.lower()}
    if not found:
        return None
    now = server_time(headers)
    requests = _first(found, _REQUESTS, now) or _structured(found)
    tokens = _first(found, _TOKENS, now)
    return RateLimits(requests, tokens) if requests is not None or tokens is not None else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: ``retry-after-ms``, or ``Retry-After`` as seconds or a date."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(lower[name]) / unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        # By the server's own clock: ours may be wrong, or may just have been set.
        return max(0.0, parsedate_to_datetime(lower["retry-after"]).timestamp() - server_time(headers))
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def server_time(headers: Mapping[str, str]) -> float:
    """Say what time it is by the server, where it says so; else by our clock."""
    date = next((value for name, value in headers.items() if name.lower() == "date"), None)
    try:
        return time.time() if date is None else parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return time.time()


def _first(found: Mapping[str, str], families: tuple[tuple[str, str, str], ...], now: float) -> Quota | None:
    for limit, remaining, reset in families:
        most, left = _number(found.get(limit)), _number(found.get(remaining))
        if most is not None and left is not None and most > 0:
            return Quota(most, left, _seconds(found.get(reset), now))
    return None


def _structured(found: Mapping[str, str]) -> Quota | None:
    """Read the IETF's newer form: ``RateLimit: "a";r=50;t=30`` beside ``RateLimit-Policy: "a";q=100;w=60``."""
    policy, now = _parameters(found.get("ratelimit-policy", "")), _parameters(found.get("ratelimit", ""))
    if "q" not in policy or "r" not in now or policy["q"] <= 0:
        return None
    return Quota(policy["q"], now["r"], now.get("t"))


def _parameters(value: str) -> dict[str, float]:
    first = value.partition(",")[0]
    return {name: float(number) for name, number in re.findall(r";\s*([qrtw])=([0-9]{1,15})\b", first)}


def _number(value: str | None) -> float | None:
    # ``100, 100;w=60`` lists the limit first, its windows behind.
    match = re.match(r"\s*([0-9]{1,15}(?:\.[0-9]+)?)(?![0-9])", value or "")
    return float(match[1]) if match else None


def _seconds(value: str | None, now: float) -> float | None:
    """Read a duration, a number of seconds, a point in time, or a date, as seconds from now."""
    text = (value or "").strip().casefold()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        parts = _DURATION.findall(text)
        if parts and "".join(number + unit for number, unit in parts) == text:
            return sum(float(number) * _UNITS[unit] for number, unit in parts)
        try:
            return max(0.0, datetime.fromisoformat(text.upper()).timestamp() - now)
        except (ValueError, OverflowError, OSError):
            return None
    if not math.isfinite(number):
        return None
    if number >= 1e11:
        number /= 1000
    # What is not a time span is a point in time.
    return max(0.0, number - now) if number >= 1e9 else max(0.0, number)
