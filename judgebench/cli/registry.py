"""The commands by name."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command lives, and its line in the list of all: the first of its help, which only a call imports."""

    place: str
    title: str


COMMANDS: dict[str, Command] = {
    "run": Command(
        "judgebench.api.running:run", "Ask judges about tasks and measure how far they agree with the gold labels."
    ),
    "demo": Command(
        "judgebench.api.demo:demo",
        "Run the samples of five tasks with four baselines each and print a leaderboard: no key, no network.",
    ),
    "score": Command("judgebench.api.score:score", "Measure again: stored runs, or a table of your own labels."),
    "humans": Command(
        "judgebench.api.humans:humans",
        "Measure the annotators against each other, all at once, and each judge as if it were one of them.",
    ),
    "alt-test": Command(
        "judgebench.api.alt_test:alt_test",
        "Test whether a judge may replace human annotators (the alternative annotator test).",
    ),
    "compare": Command(
        "judgebench.api.compare:compare",
        "Compare judges on the same items: paired, clustered by question; all pairs where there are more than two.",
    ),
    "power": Command(
        "judgebench.api.power:power", "Say how many items a comparison needs, and what the items at hand can find."
    ),
    "gate": Command(
        "judgebench.api.gate:gate",
        "Decide whether a run got worse than a baseline: exit 0 it did not, 1 it did, 6 too few items to tell.",
    ),
    "systems": Command(
        "judgebench.api.systems:systems",
        "Compare the judge's ranking of the systems with gold's: rank correlations, bias per system, decisiveness.",
    ),
    "correct": Command(
        "judgebench.api.correct:correct",
        "Correct the score that a judge gives, with gold on some rows; or say what it is worth without any.",
    ),
    "analyze": Command(
        "judgebench.api.analyze:analyze",
        "Say what predicts a judge's errors, which labels it overuses, and where it agrees least.",
    ),
    "probe": Command(
        "judgebench.api.probing:probe",
        "Measure what leads a judge: position, length, popularity, authority, attacks ...; each beside a placebo.",
    ),
    "validate-judge": Command(
        "judgebench.api.validity:validate_judge",
        "Say whether a judge is fit for use: agreement, order, stability, ceiling and what leads it, on one page.",
    ),
    "jury": Command(
        "judgebench.api.jury:jury",
        "Make recorded judges one judge, and say what it is worth: majority, weighted, Dawid-Skene or the mean.",
    ),
    "cascade": Command(
        "judgebench.api.cascade:cascade",
        "Let cheap judges answer what they are sure of and dearer ones the rest, with a guarantee of agreement.",
    ),
    "calibrate": Command(
        "judgebench.api.calibrate:calibrate",
        "Calibrate judges' probabilities or scores on some questions; ECE, Brier and log loss on the others.",
    ),
    "export": Command(
        "judgebench.api.preferences:export",
        "Write a judge's preferences as training data (DPO, KTO, rankings), each with where it comes from.",
    ),
    "leaderboard": Command(
        "judgebench.api.leaderboard:leaderboard",
        "Rank the judges of a runs folder or of a table, task by task; or the systems that they judged.",
    ),
    "report": Command(
        "judgebench.api.report:report",
        "Write a report of runs or of a table: one HTML file with the figures, charts and every item behind them.",
    ),
    "view": Command(
        "judgebench.view:view",
        "Look at a runs folder in the browser, live, and label items there, blind to the judges.",
    ),
    "reproduce": Command(
        "judgebench.api.reproduce:reproduce",
        "Recompute published figures from recorded public verdicts; exit 1 where one does not match.",
    ),
    "results": Command(
        "judgebench.api.reproduce:results",
        "Rebuild the published leaderboards: every baseline and every recorded judge whose data are there.",
    ),
    "publish": Command(
        "judgebench.api.publish:publish",
        "Write the folder of a static site: page, CSV, JSON, labels as codes, dataset card; checked first.",
    ),
    "init": Command(
        "judgebench.api.init:init",
        "Write a task, a prompt, a judge and settings for a table of items; or, with --ci, the gate's workflow.",
    ),
    "doctor": Command(
        "judgebench.api.doctor:doctor",
        "Say what a file is and which command measures it; without one, whether judgebench can work here.",
    ),
    "validate": Command(
        "judgebench.api.validate:validate",
        "Check a task's card, its sample, its reader and its published figures; exit 3 where something is missing.",
    ),
    "verify": Command(
        "judgebench.api.storing:verify",
        "Look for damage in stored runs: changed lines and manifests, contradictions, counts that don't add up.",
    ),
    "pack": Command(
        "judgebench.api.storing:pack",
        "Pack stored runs into Parquet: about an eighth of the size. They resume and are read as before.",
    ),
    "show": Command(
        "judgebench.api.showing:show",
        "Show a task's card, a judge or its card, a prompt, a run, or the JSON Schema of a kind of document.",
    ),
    "list": Command(
        "judgebench.api.listing:listing",
        "List tasks, judges, judge cards, prompts, protocols, probes, metrics or formats.",
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
