"""The commands by name."""

from __future__ import annotations

#: Where each command lives. Only the one that is called is imported, which keeps `list` quick.
COMMANDS: dict[str, str] = {
    "run": "judgebench.api.running:run",
    "demo": "judgebench.api.demo:demo",
    "score": "judgebench.api.score:score",
    "humans": "judgebench.api.humans:humans",
    "alt-test": "judgebench.api.alt_test:alt_test",
    "compare": "judgebench.api.compare:compare",
    "power": "judgebench.api.power:power",
    "gate": "judgebench.api.gate:gate",
    "systems": "judgebench.api.systems:systems",
    "correct": "judgebench.api.correct:correct",
    "analyze": "judgebench.api.analyze:analyze",
    "leaderboard": "judgebench.api.leaderboard:leaderboard",
    "report": "judgebench.api.report:report",
    "view": "judgebench.cli.viewing:view",
    "reproduce": "judgebench.api.reproduce:reproduce",
    "results": "judgebench.api.results:results",
    "publish": "judgebench.api.publish:publish",
    "doctor": "judgebench.api.doctor:doctor",
    "verify": "judgebench.cli.storing:verify",
    "pack": "judgebench.cli.storing:pack",
    "list": "judgebench.cli.listing:lists",
    "show": "judgebench.cli.listing:show",
}

#: Flags of a command that ask another question of the same source instead.
INSTEAD: dict[str, dict[str, str]] = {
    "run": {"dry_run": "judgebench.api.running:estimate"},
    "score": {"sensitivity": "judgebench.api.score:sensitivity"},
}
