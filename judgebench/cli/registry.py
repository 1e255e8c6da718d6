"""The commands by name."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple


class Command(NamedTuple):
    """Where a command lives, and its line in the list of all: the first of its help, which only a call imports.

    ``about`` is the heading above it there.
    """

    place: str
    title: str
    about: str


COMMANDS: dict[str, Command] = {
    "demo": Command(
        "judgebench.api.demo:demo",
        "See it work: samples of five tasks, four baselines, no key, no network.",
        "Ask",
    ),
    "run": Command(
        "judgebench.api.running:run",
        "Ask judges about tasks, and measure how far they agree with people.",
        "Ask",
    ),
    "probe": Command(
        "judgebench.api.probing:probe",
        "Find what leads a judge astray: position, length, authority, attacks and more.",
        "Ask",
    ),
    "validate-judge": Command(
        "judgebench.api.validity:validate_judge",
        "Say whether a judge is fit for use: agreement, order, stability, what leads it.",
        "Ask",
    ),
    "score": Command(
        "judgebench.api.score:score",
        "Measure stored runs again, or a table of your own labels.",
        "Measure",
    ),
    "humans": Command(
        "judgebench.api.humans:humans",
        "Say how far people agree with each other, and who agrees with nobody.",
        "Measure",
    ),
    "alt-test": Command(
        "judgebench.api.alt_test:alt_test",
        "Test whether a judge can take a person's place (the alternative annotator test).",
        "Measure",
    ),
    "systems": Command(
        "judgebench.api.systems:systems",
        "Compare a judge's ranking of systems with people's.",
        "Measure",
    ),
    "correct": Command(
        "judgebench.api.correct:correct",
        "Correct the score that a judge gives for its errors, with gold or without.",
        "Measure",
    ),
    "analyze": Command(
        "judgebench.api.analyze:analyze",
        "Say what predicts a judge's errors, and which labels it overuses.",
        "Measure",
    ),
    "calibrate": Command(
        "judgebench.api.calibrate:calibrate",
        "Turn a judge's scores into probabilities, and say how good these are.",
        "Measure",
    ),
    "reproduce": Command(
        "judgebench.api.reproduce:reproduce",
        "Recompute published figures from public verdicts; exit 1 where one differs.",
        "Measure",
    ),
    "compare": Command(
        "judgebench.api.compare:compare",
        "Say which judge is better on the same items, and whether that is sure.",
        "Decide",
    ),
    "gate": Command(
        "judgebench.api.gate:gate",
        "Pass or fail a run against a baseline: exit 0, 1, or 6 for too few items.",
        "Decide",
    ),
    "power": Command(
        "judgebench.api.power:power",
        "Say how many items a comparison needs, and what those at hand can find.",
        "Decide",
    ),
    "leaderboard": Command(
        "judgebench.api.leaderboard:leaderboard",
        "Rank judges task by task, with the places that the data leave open.",
        "Decide",
    ),
    "jury": Command(
        "judgebench.api.jury:jury",
        "Say what the vote of several judges is worth, beside each alone.",
        "Decide",
    ),
    "cascade": Command(
        "judgebench.api.cascade:cascade",
        "Let cheap judges answer what they are sure of, and more expensive ones the rest.",
        "Decide",
    ),
    "report": Command(
        "judgebench.api.report:report",
        "Write one HTML page: the answer, charts, and every item behind them.",
        "Look",
    ),
    "view": Command(
        "judgebench.view:view",
        "Look at runs in the browser, and label items there, blind to the judges.",
        "Look",
    ),
    "list": Command(
        "judgebench.api.listing:listing",
        "List tasks, judges, cards, prompts, protocols, probes, metrics or formats.",
        "Look",
    ),
    "show": Command(
        "judgebench.api.showing:show",
        "Show a task, a judge, a card, a prompt as it is sent, a run, or a JSON Schema.",
        "Look",
    ),
    "doctor": Command(
        "judgebench.api.doctor:doctor",
        "Say what a file is and how to measure it; without one, whether all is ready.",
        "Set up and keep",
    ),
    "init": Command(
        "judgebench.api.init:init",
        "Write task, prompt, judge and settings for a table; with --ci, a gate's workflow.",
        "Set up and keep",
    ),
    "validate": Command(
        "judgebench.api.validate:validate",
        "Check a task's card, its sample, its reader and its published figures.",
        "Set up and keep",
    ),
    "verify": Command(
        "judgebench.api.storing:verify",
        "Look for damage in stored runs.",
        "Set up and keep",
    ),
    "pack": Command(
        "judgebench.api.storing:pack",
        "Pack stored runs into Parquet, about an eighth of the size.",
        "Set up and keep",
    ),
    "export": Command(
        "judgebench.api.preferences:export",
        "Write a judge's preferences as training data: DPO, KTO, rankings.",
        "Set up and keep",
    ),
    "publish": Command(
        "judgebench.api.publish:publish",
        "Write the folder of a static site: page, CSV, JSON, labels, dataset card.",
        "Set up and keep",
    ),
    "results": Command(
        "judgebench.api.reproduce:results",
        "Rebuild the published leaderboards from the data at hand.",
        "Set up and keep",
    ),
}

#: Flags of a command that ask another question of the same source instead.
INSTEAD: dict[str, dict[str, str]] = {
    "run": {"dry_run": "judgebench.api.running:estimate"},
    "validate-judge": {"dry_run": "judgebench.api.validity:estimate_validation"},
    "probe": {
        "dry_run": "judgebench.api.probing:estimate_probes",
        "transfer": "judgebench.api.attacks:transfer",
        "detect": "judgebench.api.detecting:detect",
        "similarity": "judgebench.api.similarity:similarity",
    },
    "score": {
        "sensitivity": "judgebench.api.score:sensitivity",
        "bounds": "judgebench.api.score:bounds",
        "consistency": "judgebench.api.score:consistency",
    },
}


def question(name: str) -> tuple[Any, dict[str, Any]]:
    """Load what a command asks, and what its flags ask instead."""
    return _loaded(COMMANDS[name].place), {flag: _loaded(place) for flag, place in INSTEAD.get(name, {}).items()}


def _loaded(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)
