"""Parameters that several questions share: what is measured, the columns of one's own table, labels, policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypedDict

from judgebench.api.parameters import Option, column, column_names, keys
from judgebench.domain import Policies, Scale
from judgebench.errors import UsageError, argument
from judgebench.labels.annotations import Mode
from judgebench.labels.scores import Means

if TYPE_CHECKING:
    from judgebench.files.table import Table
    from judgebench.labels.load import LoadedTable

Gold: TypeAlias = Literal["unspecified", "human", "expert", "crowd", "verifier", "model"]
Names: TypeAlias = str | Sequence[str] | None


Subset: TypeAlias = Annotated[str | None, Option("Column of subsets.", "--subset-col", "C")]


class Judgments(TypedDict, total=False):
    """Who judged what in a table of one's own, and what its words mean."""

    judge: Annotated[
        Names,
        Option("Column of a judge's verdicts; repeatable.", "--judge-col", "C", read=list[str]),
    ]
    gold: Annotated[
        Names,
        Option(
            "Column of gold labels, one per annotator; repeatable.",
            "--gold-col",
            "C",
            read=list[str],
        ),
    ]
    scale: Annotated[
        str | Scale | None,
        Option(
            "check, pair, rate:1-5, low,medium,high (worst first), nominal:a,b ...",
            metavar="SCALE",
            read=str,
        ),
    ]
    cluster: Annotated[str | None, Option("Column of the question that rows share.", "--cluster-col", "C")]
    id: Annotated[str | None, Option("Column of item ids.", "--id-col", "C")]
    long: Annotated[
        Names,
        Option(
            "The table is long, with these columns; --judge-col and --gold-col then name raters. Without --gold-col, "
            "all but the judges are annotators.",
            metavar="ITEM,RATER,LABEL",
            read=str,
        ),
    ]
    words: Annotated[
        Mapping[str, str],
        Option(
            "What a word in the table means; an empty NEW is a gap; repeatable.",
            "--word",
            "OLD=NEW",
            read=list[str],
        ),
    ]
    delimiter: Annotated[str | None, Option("Delimiter, if it isn't detected.", metavar="CHAR")]
    gold_source: Annotated[
        Gold,
        Option(
            "Who gave the gold labels of --csv; only people's labels are called human.", "--gold", default="unspecified"
        ),
    ]


class Rows(Judgments, total=False):
    """The columns of a table of one's own labels but for subsets."""

    system: Annotated[str | None, Option("Column of the judged systems.", "--system-col", "C")]


class Labels(Rows, total=False):
    """The columns of a table of one's own labels."""

    subset: Subset


class LabelsAndScores(Labels, total=False):
    """The columns of a table that may hold judges' scores, too."""

    scores: Annotated[
        Names,
        Option(
            "Column of a judge's scores or probabilities: one per --judge-col, or alone; repeatable.",
            "--score-col",
            "C",
            read=list[str],
        ),
    ]
    score_means: Annotated[
        Means | None,
        Option("What the scores are sure of: 'correct' (in pairs, of B), or the judge's own verdict."),
    ]
    threshold: Annotated[
        float | None,
        Option("Score from which on the verdict is 'correct'; in pairs the middle between A and B.", metavar="X"),
    ]


def flags() -> dict[str, str]:
    """Name the columns' options, for messages on the command line."""
    return {one.name: one.flag for one in keys(LabelsAndScores).values()}


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table of one's own are; fields as the keys of `judgebench.api.tables.LabelsAndScores`."""

    judge: Sequence[str] = ()
    gold: Sequence[str] = ()
    scale: str | None = None
    cluster: str | None = None
    subset: str | None = None
    system: str | None = None
    id: str | None = None
    long: str | None = None
    delimiter: str | None = None
    words: Sequence[str] = ()
    scores: Sequence[str] = ()
    score_means: Means | None = None
    threshold: float | None = None

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Columns:
        """Read what was said of a table, with the keys of `LabelsAndScores`; UsageError names the parameter."""
        scale = table.get("scale")
        if not isinstance(scale, (str, Scale)) and scale is not None:
            raise UsageError(
                f"{argument('scale')}={scale!r}: write one such as 'rate:1-5' or 'low,medium,high', or give a Scale"
            )
        return cls(
            column_names("judge", table.get("judge")),
            column_names("gold", table.get("gold")),
            scale.spec if isinstance(scale, Scale) else scale,
            column("cluster", table.get("cluster")),
            column("subset", table.get("subset")),
            column("system", table.get("system")),
            column("id", table.get("id")),
            ",".join(column_names("long", table.get("long"))) or None,
            table.get("delimiter"),
            _words({} if table.get("words") is None else table["words"]),
            column_names("scores", table.get("scores")),
            table.get("score_means"),
            table.get("threshold"),
        )

    def options(self) -> list[str]:
        """Name the parameters that were given."""
        return [argument(one.name) for one in fields(self) if (given := getattr(self, one.name)) or given == 0]

    def read(self, path: Path | Table, *, unlabelled: bool = False) -> LoadedTable:
        """Read a table, or one that is open already; with ``unlabelled`` rows without gold stay."""
        from judgebench.domain import Scale  # noqa: PLC0415 - loaded on use
        from judgebench.labels.load import LongSpec, load  # noqa: PLC0415 - loaded on use

        return load(
            path,
            list(self.judge),
            list(self.gold),
            scale=None if self.scale is None else Scale.parse(self.scale),
            cluster_col=self.cluster,
            subset_col=self.subset,
            system_col=self.system,
            id_col=self.id,
            delimiter=self.delimiter,
            long=None if self.long is None else LongSpec.parse(self.long),
            words=meanings(self.words),
            keep_unlabelled=unlabelled,
            score_cols=list(self.scores),
            score_means=self.score_means,
            threshold=self.threshold,
        )


def meanings(words: Sequence[str]) -> dict[str, str]:
    """Read the --word options."""
    pairs = [word.partition("=") for word in words]
    if wrong := [old for old, equals, _ in pairs if not equals]:
        raise UsageError(f"--word {wrong[0]!r}: write OLD=NEW, for example --word 0=tie")
    return {old: new for old, _, new in pairs}


def _words(words: object) -> list[str]:
    if not isinstance(words, Mapping):
        raise UsageError(f"{argument('words')}={words!r}: write a mapping such as {{'0': 'tie'}}")
    if wrong := [word for word in words if "=" in str(word)]:
        raise UsageError(f"{argument('words')}: {wrong[0]!r} holds an equals sign; rename it in the table")
    return [f"{word}={meaning}" for word, meaning in words.items()]


#: Run folders or URLs, a table of one's own (a path where columns are named, a DataFrame), or measured `Scores`.
Source: TypeAlias = Annotated[Any, Option("Run folders, or folders or URLs of runs.", metavar="[RUN]...")]
Runs: TypeAlias = Annotated[
    Any, Option("Run folders, or folders or URLs of runs.", metavar="[RUN]...", read=list[Path])
]
RunsFolder: TypeAlias = Annotated[
    str | Path, Option("Folder of runs.", metavar="[RUNS]", env="JUDGEBENCH_RUNS", read=Path)
]
Data: TypeAlias = Annotated[
    str | Path | None, Option("Folder or file in the benchmark's published format.", metavar="DIR", read=Path)
]
Sample: TypeAlias = Annotated[bool, Option("Use the rows shipped with the task.", default=False)]
OwnLabels: TypeAlias = Annotated[
    str | Path | Sequence[str | Path],
    Option(
        "Labels of your own annotators, as `judgebench view` keeps them; repeatable.",
        metavar="FILE|DIR",
        read=list[Path],
    ),
]
LabelsMode: TypeAlias = Annotated[
    Mode | None,
    Option(
        "only: --labels are the gold, and only labelled items count (the default; humans and alt-test: add); "
        "add: they are added to the gold."
    ),
]
Policy: TypeAlias = Annotated[
    Mapping[str, str] | Sequence[str] | str | Policies,
    Option(
        "Override a convention: order, tie, invalid or gold (docs/policies.md); repeatable.",
        metavar="NAME=VALUE",
        read=list[str],
    ),
]
Verify: TypeAlias = Annotated[
    bool, Option("Recompute every figure by its witness (list metrics); stop on a difference, name what has none.")
]
BySystem: TypeAlias = Annotated[bool, Option("Add a row for every judged system.")]
