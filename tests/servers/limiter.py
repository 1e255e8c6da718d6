"""Rate limits as providers enforce them: token buckets, and headers that say what is left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Bucket:
    """Holds ``limit`` and fills up in ``per`` seconds."""

    limit: float
    per: float
    clock: Callable[[], float] = time.monotonic
    level: float = field(init=False)
    at: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = self.limit
        self.at = self.clock()

    def refill(self) -> None:
        now = self.clock()
        self.level = min(self.limit, self.level + (now - self.at) * self.limit / self.per)
        self.at = now

    def lacks(self, amount: float) -> float:
        """Seconds until so much is there."""
        return max(0.0, min(amount, self.limit) - self.level) * self.per / self.limit

    @property
    def reset(self) -> float:
        return (self.limit - self.level) * self.per / self.limit


class Limiter:
    """Requests and tokens a minute; ``per`` makes the minute shorter."""

    def __init__(
        self,
        rpm: float | None,
        tpm: float | None,
        per: float = 60.0,
        style: str = "openai",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = (("requests", rpm), ("tokens", tpm))
        self.buckets = {kind: Bucket(limit, per, clock) for kind, limit in limits if limit is not None}
        self.clock = clock
        self.per = per
        self.style = style
        self.began = 0.0
        self.admitted: list[float] = []
        self.refused: list[float] = []

    def admit(self, tokens: float) -> float:
        """Let a request in and return 0, or say how many seconds it is too early."""
        self.began = self.began or self.clock()
        costs = {"requests": 1.0, "tokens": tokens}
        for bucket in self.buckets.values():
            bucket.refill()
        wait = max((bucket.lacks(costs[kind]) for kind, bucket in self.buckets.items()), default=0.0)
        at = self.clock() - self.began
        if wait > 0:
            self.refused.append(at)
            return wait
        for kind, bucket in self.buckets.items():
            bucket.level -= costs[kind]
        self.admitted.append(at)
        return 0.0

    def headers(self) -> dict[str, str]:
        said: dict[str, str] = {}
        for kind, bucket in self.buckets.items():
            limit, left = f"{bucket.limit:.0f}", f"{max(0, int(bucket.level))}"
            if self.style == "openai":
                said |= {
                    f"x-ratelimit-limit-{kind}": limit,
                    f"x-ratelimit-remaining-{kind}": left,
                    f"x-ratelimit-reset-{kind}": _duration(bucket.reset),
                }
            elif self.style == "anthropic":
                full = datetime.fromtimestamp(time.time() + bucket.reset, UTC)
                said |= {
                    f"anthropic-ratelimit-{kind}-limit": limit,
                    f"anthropic-ratelimit-{kind}-remaining": left,
                    f"anthropic-ratelimit-{kind}-reset": full.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
        return said

    def bound(self, requests: int, tokens: float) -> float:
        """Seconds that the limits make so much work take at least, from full buckets."""
        amounts = {"requests": requests, "tokens": tokens}
        return max(
            (max(0.0, amounts[kind] - b.limit) * self.per / b.limit for kind, b in self.buckets.items()), default=0.0
        )


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:.3g}s" if minutes else f"{rest:.4g}s"
