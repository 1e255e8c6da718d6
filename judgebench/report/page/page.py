"""The report of some runs: one file that a browser opens, with nothing fetched and nothing run but its own script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench import __version__
from judgebench.report.document.as_html import page
from judgebench.report.document.text import clean
from judgebench.report.page.disagreements import explorer
from judgebench.report.page.summary import distinct, sections, sentence
from judgebench.report.words import gold_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.page.disagreements import Explorer
    from judgebench.report.page.parts import Reported

__all__ = ["report_page"]

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
    runs = distinct(reported)
    listed = explorer(runs, texts=texts, most=most)
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
        items_notes=_items_notes(runs, listed, texts=texts),
        blocks=listed.blocks,
        runs_header=_RUNS_HEADER,
        runs_rows=_runs_rows(runs),
        runs_notes=_runs_notes(runs),
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
    notes.append("Intervals hold 95 %; items that share a question count as one (cluster-robust standard errors).")
    return notes
