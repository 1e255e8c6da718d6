"""What servers say of their limits."""

from __future__ import annotations

import time

import pytest

from judgebench.domain import Quota, RateLimits
from judgebench.judges.headers import rate_limits, retry_after

NOON = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT"}


def openai(reset: str) -> dict[str, str]:
    return {
        "X-RateLimit-Limit-Requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": reset,
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0), ("6m0s", 360.0), ("20ms", 0.02), ("7.66s", 7.66), ("2m59.56s", 179.56), ("1h2m3s", 3723.0),
        ("1d", 86400.0), ("0", 0.0), ("12", 12.0), ("1795521660", 60.0), ("1795521660000", 60.0), ("", None),
        ("soon", None), ("5 minutes", None), ("nan", None),
    ],
)  # fmt: skip
def test_resets_are_read_in_every_form(text: str, seconds: float | None) -> None:
    limits = rate_limits(NOON | openai(text))
    assert limits is not None
    assert limits.requests is not None
    assert limits.requests.reset == (None if seconds is None else pytest.approx(seconds))


def test_anthropics_dates_are_taken_against_the_answers_own() -> None:
    said = NOON | {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-11-24T12:00:30Z",
        "anthropic-ratelimit-input-tokens-limit": "20000",
        "anthropic-ratelimit-input-tokens-remaining": "15000",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-24T12:00:05Z",
    }
    assert rate_limits(said) == RateLimits(Quota(50, 49, 30), Quota(20000, 15000, 5))


@pytest.mark.parametrize(
    "said",
    [
        {"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "50", "RateLimit-Reset": "30"},
        {"x-ratelimit-limit": "100", "X-RateLimit-Remaining": "50", "x-ratelimit-reset": "30"},
        {"RateLimit": '"default";r=50;t=30', "RateLimit-Policy": '"default";q=100;w=60'},
    ],
)
def test_plain_forms(said: dict[str, str]) -> None:
    assert rate_limits(said) == RateLimits(requests=Quota(100, 50, 30))


@pytest.mark.parametrize(
    "said", [{}, {"x-ratelimit-limit-requests": "60"}, openai("1s") | {"X-RateLimit-Limit-Requests": "many"}]
)
def test_half_a_word_is_none(said: dict[str, str]) -> None:
    assert rate_limits(said) is None


def test_a_date_to_wait_for_is_the_servers_whatever_our_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    said = NOON | {"Retry-After": "Tue, 24 Nov 2026 12:00:20 GMT"}
    for jump in (-86400.0, 0.0, 86400.0):
        real = time.time
        monkeypatch.setattr(time, "time", lambda real=real, jump=jump: real() + jump)
        assert retry_after(said) == pytest.approx(20)
        monkeypatch.undo()


@pytest.mark.parametrize("reset", ["1.2.3s", ".s", "...ms", "inf", "-inf", "nan", "1e400", "9" * 400 + "s", "soon"])
def test_a_reset_that_is_no_time_is_left_out(reset: str) -> None:
    assert rate_limits(openai(reset)) == rate_limits(openai(""))


@pytest.mark.parametrize("number", ["9" * 400, "inf", "nan", "-5"])
def test_a_limit_that_is_no_number_is_no_limit(number: str) -> None:
    assert rate_limits(openai("1s") | {"x-ratelimit-limit-requests": number}) is None
    assert rate_limits({"RateLimit": '"a";r=50;t=30', "RateLimit-Policy": f'"a";q={number};w=60'}) is None
