"""Probes that plain runs show only together: a judge asked in two modes, or about items before and after an attack."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from judgebench.api.probed_tables import Tabled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.probing.measure import Probed
    from judgebench.domain import Run, Verdict

    #: What measures a probe on plain verdicts.
    Look: TypeAlias = Callable[..., Any]


class Probable(Protocol):
    """What plain verdicts are read of: a stored run, a table's judge, or a plan."""

    @property
    def run(self) -> Run:
        """What was, or will be, asked of whom."""
        ...

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the verdicts."""
        ...


def is_beside(run: Run) -> bool:
    """Whether a run is one that others are held against, so that nothing is missed in it."""
    return bool(_shape(run)[0]) or not _before(run)


def _in_both_modes(before: Probable, stored: Sequence[Probable], look: Look) -> Iterator[tuple[str, Probed]]:
    """Hold a plain run on pairs against those that rated each response, and else differ in nothing that was chosen."""
    if _shape(before.run)[0]:
        return
    if isinstance(before, Tabled) and before.ratings and (told := look(before.run, before.verdicts, before.rated)):
        yield "cross-mode", told
    rating = [one for one in stored if _shape(one.run)[0] and _modeless(one.run) == _modeless(before.run)]
    for one in rating:
        found = look(before.run, before.verdicts, one.verdicts)
        if found is not None:
            yield "cross-mode" if len(rating) == 1 else f"cross-mode/{_shape(one.run)[0]}", found


def _shape(run: Run) -> tuple[str, tuple[str, ...]]:
    """Tell how a run rated each response by itself (empty: not at all), and the rest of its protocol."""
    parts = [part.strip() for part in run.conditions.protocol.split("+") if part.strip()]
    each = [part for part in parts if part.partition(":")[0] == "rate-each"]
    return (each[0] if each and run.scale.kind == "pair" else ""), tuple(part for part in parts if part not in each)


def _modeless(run: Run) -> tuple[Any, ...]:
    """Say what runs in both modes have in common: ratings have prompts of their own, and don't hang on the order."""
    chosen = replace(run.conditions, prompt="", protocol="", orders="", repeats="")
    return run.task, run.judge, run.content, run.scale, run.probe, chosen, _shape(run)[1]


def _attacked(before: Probable, stored: Sequence[Probable], look: Look) -> Iterator[tuple[str, Probed]]:
    """Hold a judge's verdicts on attacked items against its own on the same items as they were, on other splits."""
    splits = _before(before.run)
    name = before.run.task.partition(":")[0]
    others = [one for one in stored if splits and _is_split(one.run, name, splits) and _judge(one) == _judge(before)]
    if others:
        found: Mapping[str, Probed] = look(before.run, before.verdicts, [one.verdicts for one in others]) or {}
        yield from ((f"recorded-attack/{subset}", probed) for subset, probed in found.items())


def _before(run: Run) -> tuple[str, ...]:
    """Name the splits that have a benchmark's attacked items as they were, where its card says so."""
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    name, _, split = run.task.partition(":")
    card = load_card(name) if split and name in card_names() else None
    return tuple(card.splits[split].form.get("before", ())) if card is not None and split in card.splits else ()


def _is_split(run: Run, name: str, splits: Sequence[str]) -> bool:
    from judgebench.tasks.card import load_card  # noqa: PLC0415 - loaded on use

    own, _, split = run.task.partition(":")
    return own == name and not run.probe and (split or load_card(name).default_split) in splits


def _judge(one: Probable) -> tuple[object, ...]:
    """Say who was asked, and how; a recording has a file for each split."""
    return one.run.judge, replace(one.run.conditions, others=(), revision="", limit="", repeats="")


OF_SEVERAL: Mapping[str, Callable[[Probable, Sequence[Probable], Look], Iterator[tuple[str, Probed]]]] = {
    "cross-mode": _in_both_modes,
    "recorded-attack": _attacked,
}
