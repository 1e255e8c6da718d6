"""Help pages: commands by the question that they answer, options by what they are about, examples last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from judgebench.cli.registry import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["GROUPS", "WIDEST", "Command", "Group"]

#: Columns of a help page; what the library takes for its width is two less.
WIDEST = 100
#: What options are about; those of no group come first. The order is that of the page.
GROUPS: dict[str, str] = {
    "A table of your own": "--csv --judge-col --gold-col --score-col --question-col --answer-col --reference-col "
    "--context-col --turns-col --image-col --id-col --cluster-col --subset-col --system-col --criterion-col --scale "
    "--gold --where",
    "Tables of another form": "--long --rater-col --label-col --judge-name-col --combine --order-col "
    "--second-order-col --picks --sides --one-hot --pair-scores --count-col --category-col --confusion --length-col "
    "--before-col --placebo-col --own-system --family",
    "What the cells mean": "--word --missing --read-replies --reverse --rescale --threshold --score-means",
    "How the file is read": "--delimiter --header --skip --drop-last --records --sheet --unmatched",
    "What the judge is shown and told": "--order --prompt --form --reference --protocol --parser --samples "
    "--samples-by --repeats --temperature --max-tokens --effort --can-answer --grader",
    "Where and how fast it is asked": "--base-url --engine --max-concurrency --rpm --tpm --attempts --timeout "
    "--connect-timeout --first-byte-timeout --hedge --poll --wait --batch-size --workers --ray-address",
    "What was asked before": "--runs --cache --refresh --again",
    "The answer": "--format --output --explain --quiet --junit --github --config --help",
}
#: Two lines of each command that show how it is used.
_EXAMPLES = {
    "run": (
        "judgebench run --judge gpt-4o --task pandalm --sample --dry-run",
        "judgebench run --judge gpt-4o --judge gpt-4o-mini --task tickets.csv --max-cost 5",
    ),
    "demo": ("judgebench demo", "judgebench demo --format json"),
    "score": (
        "judgebench score runs",
        "judgebench score --csv answers.csv --judge-col judge --gold-col ann --gold-col bob",
    ),
    "compare": (
        "judgebench compare runs --task pandalm",
        "judgebench compare --csv pairs.csv --judge-col plain --judge-col criteria --gold-col gold",
    ),
    "gate": (
        "judgebench gate runs/my-run --against baseline.json --update",
        "judgebench gate runs/my-run --against baseline.json",
    ),
    "humans": ("judgebench humans runs", "judgebench humans --csv labels.csv --gold-col ann --gold-col bob"),
    "alt-test": ("judgebench alt-test runs", "judgebench alt-test runs --sweep"),
    "leaderboard": ("judgebench leaderboard runs", "judgebench leaderboard runs --format md --output board.md"),
    "report": ("judgebench report runs", "judgebench report runs --no-texts --output figures.html"),
    "view": ("judgebench view runs", "judgebench view --task tickets.csv --scale check --labels labels"),
    "probe": (
        "judgebench probe --judge gpt-4o --task pandalm --sample --suite bias --dry-run",
        "judgebench probe runs",
    ),
    "validate-judge": (
        "judgebench validate-judge --judge gpt-4o --task pandalm --sample --dry-run",
        "judgebench validate-judge runs --min-agreement .6",
    ),
    "power": ("judgebench power runs", "judgebench power --base-rate .6 --kappa .5"),
    "jury": ("judgebench jury runs", "judgebench jury runs --sweep"),
    "reproduce": ("judgebench reproduce --data DIR", "judgebench reproduce --data DIR --task pandalm"),
    "init": ("judgebench init tickets.csv", "judgebench init tickets.csv --judge gpt-4o --folder mine --ci"),
    "doctor": ("judgebench doctor", "judgebench doctor tickets.csv"),
    "show": ("judgebench show pandalm", "judgebench show prompt pair --task pandalm --sample"),
    "list": ("judgebench list tasks", "judgebench list metrics"),
}


class Command(TyperCommand):
    """A command whose options stand in groups."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for heading, records in _grouped(self.get_params(ctx), ctx):
            with formatter.section(heading):
                formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_examples(str(ctx.info_name), formatter)


class Group(TyperGroup):
    """All commands, by the question that they answer; no line is cut."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        shown: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            one = COMMANDS.get(name)
            text = self.commands[name].help if one is None else one.title
            shown.setdefault("Lists" if one is None else one.about, []).append((name, str(text)))
        for heading, rows in shown.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        if self.epilog:
            super().format_epilog(ctx, formatter)
        else:
            _write_examples(str(ctx.info_name), formatter)


def _write_examples(name: str, formatter: Any) -> None:
    if lines := _EXAMPLES.get(name):
        with formatter.section("Examples"):
            for line in lines:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def _grouped(parameters: Iterable[Any], ctx: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give the records of options below their headings."""
    place = {flag: (heading, at) for heading, flags in GROUPS.items() for at, flag in enumerate(flags.split())}
    found: dict[str, list[tuple[int, tuple[str, str]]]] = {
        "Arguments": [],
        "Options": [],
        **{one: [] for one in GROUPS},
    }
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            # What kind of object is made of it is the library's affair.
            found["Arguments"].append((0, (record[0].partition(" <")[0], record[1])))
            continue
        flag = next((one for one in parameter.opts if one.startswith("--")), parameter.opts[0])
        heading, at = place.get(flag, ("Options", 0))
        found[heading].append((at, record))
    for heading, records in found.items():
        if records:
            yield heading, [record for _, record in sorted(records, key=lambda one: one[0])]
