"""Say what a table is: what each column is taken for, which readings are possible, and what is untidy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.files.records import some
from judgebench.labels.facts import Facts, Options, Reading
from judgebench.labels.forms import FORMS, MAKERS
from judgebench.labels.item_roles import find_roles, guessed_gold
from judgebench.labels.known import KNOWN, Known, recognise
from judgebench.labels.profile import MOST_COLUMNS, Profile, Sample
from judgebench.labels.questions import columns_of, doubts
from judgebench.labels.untidy import untidy
from judgebench.labels.vocabulary import MISSING, fold
from judgebench.labels.wide import wide

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from judgebench.labels.roles import Recognised
    from judgebench.labels.scale_ways import Ways

#: With more columns than this there are more rows than a few.
_WIDE = 50

Form: TypeAlias = Literal[
    "run",
    "runs",
    "folder",
    "benchmark",
    "wide",
    "rows",
    "annotators",
    "long",
    "counts",
    "judges",
    "export",
    "items",
    "unknown",
]


@dataclass(slots=True)
class Diagnosis:
    """What a file or folder is: ``title`` says it in a sentence.

    ``form`` is ``run``, ``runs``, ``folder``, ``benchmark``, ``wide`` (judges' and gold columns), ``rows`` (judges in
    rows beside gold columns), ``annotators`` (gold columns alone), ``long`` (raters in rows), ``counts``, ``judges``
    (verdicts without gold), ``export`` (of another tool), ``items`` (texts that a judge can be asked about) or
    ``unknown``. ``roles`` says what each column is taken for, ``why`` on what grounds, ``notes`` what was found, and
    ``questions`` what only a person can say. ``readings`` are the ways to read it that can be followed, ``commands``
    measure it, ready for a shell.
    """

    path: str
    form: Form
    title: str
    format: str = ""
    delimiter: str = ""
    rows: int = 0
    whole: bool = True
    columns: tuple[Profile, ...] = ()
    roles: dict[str, str] = field(default_factory=dict[str, str])
    why: dict[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    commands: tuple[str, ...] = ()
    #: Commands that ask a judge about items which people alone have labelled: they come before all others.
    first: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    #: Says whether, and as what, a judge can be asked about its rows.
    texts: bool = False
    #: Columns of people's labels that are to be named when a judge is asked, as their own names don't say so.
    people: tuple[str, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether its rows are items to judge that people alone have labelled, a column each."""
        return self.texts and all(one.command == "humans" and "rater" not in one.options for one in self.readings)

    def named(self, role: str) -> list[str]:
        """Columns with a role, in the file's order."""
        return [name for name, own in self.roles.items() if own == role]


def diagnose(
    table: Sample, options: Options, loads: Callable[[Reading], str], known: Sequence[Known] = KNOWN
) -> Diagnosis:
    """Say what a table is; ``options`` say how it was opened, ``loads`` why a reading can't be followed, or nothing."""
    facts = Facts.of(table)
    every = tuple(facts.columns)
    first = {name: table.cells[name][0] for name in table.columns} if table.rows else {}
    if table.doubled:
        facts.notes.append(f"doubled columns, which can't be named: {some(table.doubled)}")
    if len(every) == MOST_COLUMNS:
        whole = len(set(table.table.columns))
        facts.notes.append(f"only the first {MOST_COLUMNS:,} of {whole:,} columns were looked at")
    benchmark = recognise(table.columns, known)
    recognised = find_roles(every)
    guess = _guess(facts, recognised)
    readings: list[Reading] = []
    errors: list[str] = []
    if benchmark is None or benchmark.public:
        facts.take(
            "left aside",
            benchmark.public - {"HumanJudgement", "Human-Eval"} if benchmark else (),
            "the benchmark's own",
        )
        if benchmark:
            facts.roles = {name: role for name, role in facts.roles.items() if name not in {"model", "question"}}
        readings, errors = _readings(facts, options, loads)
    found = Diagnosis(
        table.name, _form(readings), readings[0].what if readings else "a table", table.format, table.delimiter,
        table.rows, table.whole, every, readings=tuple(readings),
    )  # fmt: skip
    _tell(facts, found)
    # Texts, and not labels.
    found.texts = any(
        one.name in recognised.roles.answers and one.kind in {"", "labels"} and one.filled for one in every
    )
    found.people = guess
    if found.texts and benchmark is None:
        _as_items(facts, found, recognised)
    if not readings and errors and not found.texts:
        facts.notes.append(f"it can't be measured as it is: {errors[0]}")
    if benchmark is not None:
        found.form, found.title = "benchmark", benchmark.title
        found.asked = (benchmark.split(first),)
        facts.notes += [benchmark.note] if benchmark.note else []
    if found.form == "unknown" and not (facts.notes or facts.questions):
        facts.notes.append("no column of labels (few different words, such as pass/fail, A/B/tie or 1..5)")
    found.roles = {one.name: facts.roles[one.name][0] for one in every if one.name in facts.roles}
    found.why = {name: why for name, (_, why) in facts.roles.items()}
    found.notes = tuple(dict.fromkeys([*table.notes, *facts.notes]))
    found.questions = tuple(dict.fromkeys(facts.questions))
    return found


def _guess(facts: Facts, recognised: Recognised) -> tuple[str, ...]:
    """Guess whose labels stand beside a question and an answer, where no name says gold; tell ``facts`` of people's."""
    roles = recognised.roles
    guess = () if roles.gold else guessed_gold(one for one in facts.columns if one.name in recognised.aside)
    # An answer that repeats may be a verdict: A, B, C.
    texts = any(one.name in roles.answers and one.filled and not (one.kind and one.repeats) for one in facts.columns)
    if texts and roles.question and not recognised.judges:
        facts.people = roles.gold or guess
    if facts.people:
        _take(facts, recognised, ("answers", "reference", "context"))
    return guess


def _as_items(facts: Facts, found: Diagnosis, recognised: Recognised) -> None:
    """Say what a judge can be shown, and of which people the labels are."""
    people = facts.people
    if not found.readings:
        found.form, found.title = "items", "items that a judge can be asked about"
    if people and found.people:
        facts.take("gold", people, "assumed: labels beside a question and an answer")
        facts.questions.append(f"{some(people)}: taken for people's labels, as no name says more")
    if people and found.alone:
        found.title = f"items to judge, with labels of {' and '.join(people) if len(people) < 3 else some(people)}"
    _take(facts, recognised, recognised.roles.named())


def _take(facts: Facts, recognised: Recognised, roles: Container[str]) -> None:
    for role, names in recognised.roles.named().items():
        if role in roles:
            facts.take(role, names, recognised.why.get(names[0], ""))


def _readings(facts: Facts, options: Options, loads: Callable[[Reading], str]) -> tuple[list[Reading], list[str]]:
    for make in MAKERS:
        make(facts)
    given = facts.options
    found: list[Reading] = []
    for form in FORMS:
        if found := form(facts):
            found = [one.also(given) for one in found]
            break
    if not found and facts.rows * 5 < len(facts.columns) > _WIDE:
        facts.notes.append(
            f"{len(facts.columns):,} columns and {facts.rows:,} rows: turned on its side, it may be a table"
        )
        return [], []
    if not found and any(role == "rater" for role, _ in facts.roles.values()):
        return [], []
    found = found or wide(facts)
    errors: list[str] = []
    kept: list[Reading] = []
    for one in found:
        for way in _settled(facts, one.also(options), doubts(facts, one), loads, errors):
            if way not in kept:
                kept.append(way)
    if not kept:
        facts.questions += facts.unsettled
    return kept, errors


def _settled(
    facts: Facts, reading: Reading, open_: list[Ways], loads: Callable[[Reading], str], errors: list[str]
) -> Iterator[Reading]:
    """Give the ways to settle all doubts that can be followed."""
    if not open_:
        if error := loads(reading):
            errors.append(error)
        else:
            yield reading
        return
    first, *rest = open_
    for ways in first:
        # A scale that an earlier answer brings is of all words, those of a later one are of the rest.
        known = {"scale"} & reading.options.keys()
        found = [
            one
            for way in ways
            for said in [{name: value for name, value in way.options.items() if name not in known}]
            for one in _settled(facts, reading.also(said, way.why), rest, loads, errors)
        ]
        if found:
            facts.notes += [way.note for way in ways if way.note]
            facts.questions += [way.ask for way in ways if way.ask]
            yield from found
            return


def _form(readings: Sequence[Reading]) -> Form:
    if not readings:
        return "unknown"
    options = readings[0].options
    if options.get("confusion") or options.get("categories") or options.get("count"):
        return "counts"
    if options.get("rater"):
        return "long"
    if options.get("judge_name"):
        return "rows"
    if readings[0].command.endswith("--consistency"):
        return "judges"
    return "annotators" if readings[0].command == "humans" else "wide"


def _tell(facts: Facts, found: Diagnosis) -> None:
    """Say what takes two columns to see: rows without any gold, doubled rows, rare labels; and what is untidy."""
    if not found.readings:
        labels = [one.name for one in facts.labelled()] + [
            n for n, (role, _) in facts.roles.items() if role in {"gold", "judge", "label"}
        ]
        facts.notes += untidy(facts, labels, replies=True)
        return
    options = found.readings[0].options
    facts.notes += untidy(facts, columns_of(facts, options), replies=bool(options.get("read_replies")))
    golds = [name for name in options.get("gold", ()) if name in facts.table.cells]
    if not golds or options.get("rater"):
        return
    rows = facts.rows - int(options.get("drop_last", 0))
    said = {name: facts.cells(name)[:rows] for name in golds}
    shared = options.get("judge_name") and options.get("id")
    if not shared and (
        unlabelled := sum(all(fold(cell) in MISSING for cell in row) for row in zip(*said.values(), strict=True))
    ):
        facts.notes.append(f"{unlabelled:,} of {rows:,} rows have no gold label; scoring leaves them out")
    keys = [*options.get("cluster", ()), *([options["system"]] if options.get("system") else [])]
    if len(keys) == 2 and (doubled := facts.repeats(keys)):
        facts.notes.append(f"{doubled:,} rows repeat the same {keys[0]} and {keys[1]}")
    for name, cells in said.items():
        written = {fold(cell): cell for cell in cells}
        counts = Counter(fold(cell) for cell in cells if fold(cell) not in MISSING)
        if len(counts) == 1:
            facts.notes.append(f"{name} always says the same: coefficients that correct for chance are undefined")
        elif 1 < len(counts) <= 5 and min(counts.values()) < 10:
            rare = min(counts, key=lambda word: counts[word])
            times = {1: "once", 2: "twice"}.get(counts[rare], f"{counts[rare]} times")
            facts.notes.append(f"{name} says {written[rare]!r} only {times}: intervals will be wide")
