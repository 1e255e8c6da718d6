"""The report of some runs: one file that a browser opens, with nothing fetched and nothing run but its own script.

It says first whether judges may stand in for people, then what was measured, then what that does not show.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench import __version__
from judgebench.report.document.as_html import page
from judgebench.report.document.text import NONE, clean, figure, many, some
from judgebench.report.page.caveats import limits
from judgebench.report.page.charts.judges import constant_share, cost_of, forest
from judgebench.report.page.disagreements import explorer
from judgebench.report.page.parts import Section
from judgebench.report.page.sections import deeper, probed, rankings
from judgebench.report.rows import row_grid
from judgebench.report.said import first_up, name_of, percent, ranged, told, whom
from judgebench.report.stand_in import KAPPAS, MARGIN, Answer
from judgebench.report.words import gold_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Agreement
    from judgebench.report.page.disagreements import Explorer
    from judgebench.report.page.parts import Reported

__all__ = ["report_page", "sections", "sentence", "summary"]

_STYLES = ("report.css", "charts.css")
_SCRIPTS = ("report.data.js", "report.filters.js", "report.list.js", "report.item.js", "report.js")
#: Tells when the runs have grown since.
_LIVE = "view.live.js"
_RUNS_HEADER = ("Judge", "Task", "Data", "Items", "Judgments", "Shown", "Policies", "Gold", "Settings")


def report_page(
    reported: Sequence[Reported],
    *,
    title: str | None = None,
    texts: bool = True,
    most: int | None = None,
    live: bool = False,
) -> str:
    """Write the report of some runs; the same runs give the same page, byte for byte.

    ``title`` is by default the tasks' names. ``texts`` of items and judges go in, of ``most`` items of each task.
    ``live`` pages belong to the server of ``judgebench view``.
    """
    listed = explorer(reported, texts=texts, most=most)
    tasks = dict.fromkeys(one.run.task for one in reported)
    return page(
        "report",
        title=clean(title or f"LLM judges on {', '.join(tasks) if len(tasks) < 4 else f'{len(tasks)} tasks'}"),
        styles=_STYLES,
        scripts=(*_SCRIPTS, *([_LIVE] if live else [])),
        live=live,
        sentence=sentence(reported),
        sections=sections(reported),
        items_lead=_items_lead(listed, texts=texts),
        items_notes=_items_notes(reported, listed, texts=texts),
        blocks=listed.blocks,
        runs_header=_RUNS_HEADER,
        runs_rows=_runs_rows(reported),
        runs_notes=_runs_notes(reported),
        version=__version__,
    )


def _items_lead(listed: Explorer, *, texts: bool) -> str:
    held = f"{listed.items:,} items" if listed.items == listed.total else f"{listed.items:,} of {listed.total:,} items"
    inside = "with the verdicts of every judge" + (", their words and the texts that were judged" if texts else "")
    return (
        f"{held} {inside}. At first only those are listed on which a judge is at odds with gold; the filters show the "
        "others. What is asked of a judge (its verdict, status, order) has to hold of one judge, all at once."
    )


def _items_notes(reported: Sequence[Reported], listed: Explorer, *, texts: bool) -> list[str]:
    if not texts:
        return ["Texts were left out on purpose (--no-texts): ids, labels, verdicts and figures only."]
    notes = list(dict.fromkeys(f"{clean(one.run.task)}: {clean(one.unread)}" for one in reported if one.unread))
    if listed.others:
        notes.append(
            f"The texts of {listed.others:,} items are left out: those at hand are not the ones that were judged."
        )
    return notes


def _runs_rows(reported: Sequence[Reported]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one in reported:
        run = one.run
        settings = ", ".join(f"{key} {value}" for key, value in sorted(run.settings.items()) if value is not None)
        shown = f"order {run.orders}, reference {run.reference}, repeats {run.repeats}"
        policies = ", ".join(f"{key}={value}" for key, value in one.rows[0].policies.to_json().items())
        cells = (
            one.rows[0].judge,
            run.task,
            run.revision,
            f"{one.rows[0].items:,}",
            f"{one.ratings.judge.size:,}",
            shown,
            policies,
        )
        rows.append(tuple(map(clean, (*cells, gold_word(run.gold_source), settings))))
    return rows


def _runs_notes(reported: Sequence[Reported]) -> list[str]:
    licences = dict.fromkeys((one.run.task, one.licence) for one in reported if one.licence)
    notes = [f"Licence of the data of {clean(task)}: {clean(licence)}." for task, licence in licences]
    notes += dict.fromkeys(one.standing for one in reported if one.standing)
    notes.append("Intervals hold 95 %; items that share a question count as one (cluster-robust standard errors).")
    return notes


_STATES = {"yes": "yes", "no": "no", "open": "can't tell", "not-human": "no people asked"}
_SHORT = {
    "yes": "{who} may stand in for people",
    "no": "{who} may not stand in for people",
    "open": "it can't be told yet whether {who} may stand in for people",
    "not-human": "it can't be told whether {who} may stand in for people",
}
_ANSWERS = {
    "yes": "a judge may stand in for people",
    "no": "the nearest judge may not",
    "open": "it can't be told yet",
    "not-human": "it can't be told, since gold is not people's,",
}
#: Tasks that have a clause each.
_CLAUSES = 3


def sentence(reported: Sequence[Reported]) -> str:
    """Say in one sentence whether these judges may stand in for people, and how sure that is."""
    if not reported:
        return "There is no run to report."
    tasks = _by_task(reported)
    if len(tasks) > _CLAUSES:
        return f"{_by_answer([_judges([run.answer() for run in runs]) for runs in tasks.values()])}."
    brief = len(tasks) > 1
    return f"{first_up('; '.join(_on_task(runs, brief=brief) for runs in tasks.values()))}."


def sections(reported: Sequence[Reported]) -> list[Section]:
    """Assemble the report of some runs, task by task, in reading order, but for the list of disagreements."""
    found: list[Section] = []
    tasks = _by_task(reported)
    for task, runs in tasks.items():
        found += _of_task(task, runs, several=len(tasks) > 1)
    return found


def _of_task(task: str, runs: Sequence[Reported], *, several: bool) -> list[Section]:
    slug = slugged(task)
    answers = [run.answer() for run in runs]
    ranked = rankings(runs)
    probes = probed(runs, ranked, name=f"{slug}-probes")
    made = [
        summary(runs, answers, name=f"{slug}-summary"),
        limits(runs, answers, name=f"{slug}-limits"),
        *deeper(runs, ranked, name=slug),
        *([] if probes is None else [probes]),
    ]
    return [replace(one, title=f"{one.title}: {clean(task)}") for one in made] if several else made


def slugged(text: str) -> str:
    """Make a start of ids of a name.

    >>> slugged("triviaqa:v1"), slugged("<b>")
    ('triviaqa-v1', 'b')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "task"


def _by_task(reported: Sequence[Reported]) -> dict[str, list[Reported]]:
    tasks: dict[str, list[Reported]] = {}
    for one in reported:
        tasks.setdefault(one.run.task, []).append(one)
    return {task: sorted(runs, key=_place) for task, runs in tasks.items()}


def _place(reported: Reported) -> tuple[bool, float, str]:
    """Best first by headline, those without one last."""
    row = reported.rows[0]
    headline = row.metrics.get(row.headline)
    value = None if headline is None else headline.value
    return value is None, -round(value or 0.0, 9), row.judge


def _on_task(runs: Sequence[Reported], *, brief: bool) -> str:
    judges = _judges([run.answer() for run in runs])
    if brief:
        return _brief(judges)
    best = _best(judges)
    # Runs of one task need not hold the same items: one was stopped, or labelled in part.
    sizes = _sizes(next(run for run in runs if run.rows[0] is best.row))
    return _one(best, sizes) if len(judges) == 1 else _several(judges, sizes)


def _judges(answers: Sequence[Answer]) -> Sequence[Answer]:
    """Leave out baselines: they show what no judging at all would reach, and nobody asks whether they may stand in."""
    return [one for one in answers if not one.judge.startswith("baseline/")] or answers


def _sizes(run: Reported) -> str:
    items, questions = run.rows[0].items, len(set(run.ratings.cluster.tolist()))
    grouped = f" of {many(questions, 'question')}" if questions < items else ""
    return f"on {many(items, 'item')}{grouped} "


def _one(one: Answer, sizes: str) -> str:
    who, where = clean(one.judge), clean(one.task)
    return {
        "yes": f"Yes, {who} may stand in for the people who labelled {where}: {sizes}{one.because}",
        "no": f"No, {who} may not stand in for people on {where}: {sizes}{one.because}",
        "open": f"Whether {who} may stand in for people on {where} can't be told yet: {sizes}{one.because}{_help(one)}",
        "not-human": f"Whether {who} may stand in for people can't be told from {where}: {one.because}",
    }[one.state]


def _several(judges: Sequence[Answer], sizes: str) -> str:
    best = _best(judges)
    if best.state == "not-human":
        source, _, figures = best.because.partition("; against it: ")
        return f"{_counted(judges)}: {source}; nearest to it is {clean(best.judge)}: {figures}"
    nearest = f"the nearest to people is {clean(best.judge)}"
    return f"{_counted(judges)}; {nearest}: {sizes}{best.because}{_help(best)}"


def _help(one: Answer) -> str:
    return f"; what would help: {one.missing[0]}" if one.state == "open" and one.missing else ""


def _counted(judges: Sequence[Answer]) -> str:
    """Say of which judges it is yes, no, or not to be told."""
    where = f"on {clean(judges[0].task)}"
    total = len(judges)
    by_state = {state: [one for one in judges if one.state == state] for state in _STATES}
    if by_state["not-human"]:
        return f"{where} it can't be told whether any of {total} judges may stand in for people"
    if len(by_state["open"]) == total:
        return f"{where} it can't be told yet whether any of {total} judges may stand in for people"
    if len(by_state["no"]) == total:
        return f"{where} none of {total} judges may stand in for people"
    yes, no, unsure = (_names(by_state[state]) for state in ("yes", "no", "open"))
    parts = [f"{yes} may stand in for people" if yes else ""]
    parts.append(f"{no} may not{'' if yes else ' stand in for people'}" if no else "")
    parts.append(f"of {unsure} it can't be told yet" if unsure else "")
    return f"{where} {', '.join(part for part in parts if part)}"


def _by_answer(tasks: Sequence[Sequence[Answer]]) -> str:
    """Count the tasks by what their nearest judge comes to: of many, each with a clause, nobody would read the end."""
    by_state: dict[str, list[str]] = {state: [] for state in _STATES}
    for judges in tasks:
        best = next((one for one in judges if one.state == "yes"), None) or _best(judges)
        by_state[best.state].append(clean(best.task))
    said = [
        f"{words} on {len(names)} ({_listed(names)})" for state, words in _ANSWERS.items() if (names := by_state[state])
    ]
    return f"Of {len(tasks)} tasks, {'; '.join(said)}; each has its own answer and figures below"


def _brief(judges: Sequence[Answer]) -> str:
    best = _best(judges)
    ratio = best.ratio
    who = clean(best.judge)
    said = _counted(judges) if len(judges) > 1 else f"on {clean(best.task)} {_SHORT[best.state].format(who=who)}"
    nearest = f"the nearest, {who}, reaches" if len(judges) > 1 else "it reaches"
    if best.state == "not-human":
        return f"{said}, since {best.because.partition('; against it: ')[0]}"
    if not best.row.coverage:
        return f"{said}, since {best.because}"
    if ratio.value is None:
        return f"{said}, since nothing says how far people agree" if best.state == "open" else said
    share = ranged(ratio, lambda value: figure(100 * value, 0), " %")
    return f"{said}: {nearest} {share} of people's {KAPPAS[best.metric]} with each other"


def _best(judges: Sequence[Answer]) -> Answer:
    """Choose the judge that a sentence is about: the one nearest to people, else the highest headline."""

    def key(one: Answer) -> tuple[bool, bool, float]:
        headline = one.row.metrics.get(one.row.headline)
        value = one.ratio.value if one.ratio.value is not None else headline.value if headline is not None else None
        # Of a judge without a verdict figures tell nothing.
        return one.row.coverage > 0, value is not None, value or 0.0

    return max(judges, key=key)


def _names(judges: Sequence[Answer]) -> str:
    return _listed([clean(one.judge) for one in judges])


def _listed(names: Sequence[str]) -> str:
    if len(names) > 4:
        return some(names, 3)
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def summary(runs: Sequence[Reported], answers: Sequence[Answer], *, name: str) -> Section:
    """Show what was measured on one task: a table with the answer for each judge, and the judges side by side."""
    rows = [row for run in runs for row in run.rows if row.subset == "all"]
    # A run measured under two policies has two rows, and one answer: its own policies'.
    by_row = {id(one.row): one for one in answers}
    layout = row_grid(rows)
    kept = [i for i, column in enumerate(layout.columns) if column.title not in {"task", "subset", "gold"}]
    cells, notes = layout.resolve(kept)
    header = [layout.columns[i].title for i in kept]
    table = [
        (line[0], *_answered(row, by_row.get(id(row))), *line[1:], _cost(row))
        for line, row in zip(cells, rows, strict=True)
    ]
    # The answer stands first, and figures move two columns to the right.
    right = [place + 2 for place, i in enumerate(kept) if layout.columns[i].right]
    firsts = [run.rows[0] for run in runs]
    charts = [forest(firsts, name=f"{name}-forest")]
    if firsts[0].headline not in {"", "percent_agreement", "accuracy"}:
        charts.append(forest(firsts, _plain(firsts[0]), name=f"{name}-agreement"))
    return Section(
        name,
        "Summary",
        _lead(answers),
        tuple(charts),
        (header[0], "may stand in for people", "judge / people", *header[1:], "USD per 1,000 judgments"),
        tuple(table),
        (2, *right, len(header) + 2),
        (*notes, *layout.remarks, _rule(answers)),
    )


def _plain(row: Agreement) -> str:
    return "percent_agreement" if "percent_agreement" in row.metrics else "accuracy"


def _answered(row: Agreement, one: Answer | None) -> tuple[str, str]:
    """Give the answer and the ratio behind it; a run's row under another policy has the ratio only."""
    ratio = next((row.ceiling[f"ratio_{name}"] for name in KAPPAS if f"ratio_{name}" in row.ceiling), None)
    if one is not None:
        ratio = one.ratio
    share = NONE if ratio is None or ratio.value is None else percent(ratio.value, 0)
    return "" if one is None else _STATES[one.state], share


def _cost(row: Agreement) -> str:
    cost = cost_of(row)
    return NONE if cost.usd is None else figure(cost.usd, 4)


def _rule(answers: Sequence[Answer]) -> str:
    if all(one.state == "not-human" for one in answers):
        return "May stand in for people: not asked here, since gold is not known to be people's."
    return (
        f"May stand in for people: yes where the judge's kappa with each person is at least {percent(1 - MARGIN, 0)} "
        "of that of people with each other, interval and all, the alternative annotator test passes (three annotators "
        "or more), both also without each annotator in turn, and nothing casts doubt on the figures; no where the "
        "interval lies below; else it can't be told."
    )


def _lead(answers: Sequence[Answer]) -> str:
    judges = _judges(answers)
    best = _best(judges)
    row = best.row
    figures = [
        f"{name_of(metric)} {told(metric, estimate)}"
        for metric in dict.fromkeys((_plain(row), row.headline))
        if (estimate := row.metrics.get(metric)) is not None
    ]
    start = f"{clean(row.judge)}, the best of {len(judges)} judges" if len(judges) > 1 else clean(row.judge)
    said = [f"{start}, beside {whom(row.gold)} on {many(row.items, 'item')}: {', '.join(figures)}."]
    people = [
        f"{name_of(metric)} {told(metric, estimate)}"
        for metric in dict.fromkeys((_plain(row), row.headline))
        if (estimate := row.ceiling.get(metric)) is not None and estimate.value is not None
    ]
    if people:
        said.append(f"People beside each other: {', '.join(people)}.")
    constant = constant_share(row)
    if constant is not None:
        said.append(f"Always giving the most frequent label would agree on {percent(constant)}.")
    said.append(f"{percent(row.coverage)} of its judgments hold a verdict.")
    cost = cost_of(row)
    said.append(f"1,000 judgments cost {cost.usd:.2f} USD." if cost.usd is not None else f"Cost: {cost.why}.")
    return " ".join(said)
