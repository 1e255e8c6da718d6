"""Parameters that several questions share: what is measured, the columns of one's own table, labels, policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypedDict

from judgebench.api.parameters import Option, keys
from judgebench.domain import Policies, Scale
from judgebench.files.opening import Unmatched
from judgebench.labels.annotations import Mode
from judgebench.labels.cells import Means
from judgebench.labels.layout import Combine, Picks

Gold: TypeAlias = Literal["unspecified", "human", "expert", "crowd", "verifier", "model"]
Names: TypeAlias = str | Sequence[str] | None


Subset: TypeAlias = Annotated[str | None, Option("Column of subsets.", "--subset-col", "C")]


Long: TypeAlias = Annotated[
    Names, Option("Short for --id-col, --rater-col and --label-col.", metavar="ITEM,RATER,LABEL", read=str)
]
Rater: TypeAlias = Annotated[
    str | None,
    Option(
        "Column of raters: a row per item and rater. --judge-col and --gold-col then name raters; without "
        "--gold-col all but the judges are annotators.",
        "--rater-col",
        "C",
    ),
]
Label: TypeAlias = Annotated[str | None, Option("Column of the labels of raters in rows.", "--label-col", "C")]
JudgeName: TypeAlias = Annotated[
    Names,
    Option(
        "Column of judges' names, in rows beside gold columns: each name is a judge; repeatable (model, prompt).",
        "--judge-name-col",
        "C",
        read=list[str],
    ),
]
PicksWhat: TypeAlias = Annotated[
    Picks | None, Option("Verdicts of the other order name a position (they are turned back) or an answer.")
]
Combined: TypeAlias = Annotated[
    Combine | None,
    Option("A rater's several labels of one item: each an asking of its own, or one by majority, mean or sum."),
]
Sides: TypeAlias = Annotated[
    str | Sequence[str] | None,
    Option("Columns that name the two responses; a label may name the winner.", metavar="A,B", read=str),
]


class FileForm(TypedDict, total=False):
    """How the file is cut into cells, as `judgebench.files.opening.Opening`."""

    delimiter: Annotated[
        str | None, Option("Delimiter, if it isn't detected; 'space' cuts at runs of blanks.", metavar="CHAR")
    ]
    header: Annotated[
        int | None, Option("Rows of column names: 0 none (the columns are 1, 2, 3 ...), 1, 3 (Qualtrics).", metavar="N")
    ]
    skip: Annotated[int, Option("Lines above the header, such as titles.", metavar="N", default=0, least=0)]
    drop_last: Annotated[int, Option("Rows at the end that are totals or notes.", metavar="N", default=0, least=0)]
    records: Annotated[
        str | None, Option("Where the rows are inside one JSON object: results, results.results ...", metavar="PATH")
    ]
    sheet: Annotated[str | None, Option("Sheet of a workbook (.xlsx, .ods).", metavar="NAME")]
    unmatched: Annotated[
        Unmatched | None,
        Option("Rows whose id another of several files lacks: drop them, or keep them with empty cells."),
    ]


class RowLayout(TypedDict, total=False):
    """Which row is whose label of what, as `judgebench.labels.layout.Layout`."""

    id: Annotated[
        Names,
        Option("Column of item ids; repeatable, where several name an item together.", "--id-col", "C", read=list[str]),
    ]
    cluster: Annotated[
        Names, Option("Column of the question that rows share; repeatable.", "--cluster-col", "C", read=list[str])
    ]
    long: Long
    rater: Rater
    label: Label
    judge_name: JudgeName
    order: Annotated[
        str | None,
        Option(
            "Column of the order in which the judge saw the answers (AB/BA, original/swapped ...).", "--order-col", "C"
        ),
    ]
    second_order: Annotated[
        Names,
        Option(
            "Column of a judge's verdicts on the other order, one per --judge-col.",
            "--second-order-col",
            "C",
            read=list[str],
        ),
    ]
    picks: PicksWhat
    combine: Combined
    count: Annotated[str | None, Option("Column of how many items a row stands for.", "--count-col", "C")]
    categories: Annotated[
        Names,
        Option(
            "Column that counts the raters who chose this category; repeatable.", "--category-col", "C", read=list[str]
        ),
    ]
    confusion: Annotated[
        bool, Option("The table is a confusion table: gold in rows, verdicts in columns, counts.", default=False)
    ]
    one_hot: Annotated[
        Mapping[str, Sequence[str]] | Sequence[str] | str | None,
        Option("A column NAME that says which of these holds 1; repeatable.", metavar="NAME=C1,C2", read=list[str]),
    ]
    pair_scores: Annotated[
        Mapping[str, Sequence[str]] | Sequence[str] | str | None,
        Option(
            "A column NAME that says whose score is higher: A, B, tie; repeatable.",
            metavar="NAME=CA,CB",
            read=list[str],
        ),
    ]
    sides: Sides
    where: Annotated[
        str | Sequence[str] | None,
        Option(
            "Rows to keep: 'status = done', 'n >= 3', 'lang in de,en', 'error is empty'; repeatable.",
            metavar="COND",
            read=list[str],
        ),
    ]
    criterion: Annotated[
        str | None,
        Option(
            "Column of criteria, with figures for each; for a column per criterion write {criterion} in --judge-col "
            "and --gold-col.",
            "--criterion-col",
            "C",
        ),
    ]


class CellWords(TypedDict, total=False):
    """What a cell says, as `judgebench.labels.cells.Cells`."""

    words: Annotated[
        Mapping[str, str | Mapping[str, str]],
        Option(
            "What a word in the table means, in all columns or in one; an empty NEW is a gap; repeatable.",
            "--word",
            "[C:]OLD=NEW",
            read=list[str],
        ),
    ]
    missing: Annotated[
        Any,
        Option(
            "Words that are no label or verdict, such as -1,99,ERROR; in one column C:-1; repeatable.",
            metavar="[C:]CODES",
            read=list[str],
        ),
    ]
    reverse: Annotated[
        Names, Option("Column whose scale runs the other way; repeatable.", "--reverse", "C", read=list[str])
    ]
    rescale: Annotated[
        Any,
        Option(
            "Column in another unit, and how its numbers are read; repeatable.",
            metavar="C=0-100:1-5",
            read=list[str],
        ),
    ]
    threshold: Annotated[
        Any,
        Option(
            "Number from which on the verdict is 'correct'; in pairs the middle between A and B; repeatable.",
            metavar="X|C=X",
            read=list[str],
        ),
    ]
    read_replies: Annotated[
        bool,
        Option(
            "Read decorated words and replies by named rules, which are listed (docs/reference/tables.md).",
            default=False,
        ),
    ]


class Judgments(FileForm, RowLayout, CellWords, total=False):
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
            "What a label can be: check, pair, rate:1-5, low,medium,high (worst first), nominal:a,b ...",
            metavar="SCALE",
            read=str,
        ),
    ]
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


class Scored(TypedDict, total=False):
    """Columns of judges' scores."""

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


class RowsAndScores(Rows, Scored, total=False):
    """The columns of a table that may hold judges' scores, but for subsets."""


class LabelsAndScores(Labels, Scored, total=False):
    """The columns of a table that may hold judges' scores, too."""


def flags() -> dict[str, str]:
    """Name the columns' options, for messages on the command line."""
    return {one.name: one.flag for one in keys(LabelsAndScores).values()}


#: Run folders or URLs, a table of one's own (a path where columns are named, a DataFrame), or measured `Scores`.
Source: TypeAlias = Annotated[
    Any, Option("Run folders, or folders or URLs of runs.", metavar="[RUN]...", read=list[Path], csv=True)
]
RunsFolder: TypeAlias = Annotated[
    str | Path, Option("Folder of runs.", metavar="[RUNS]", env="JUDGEBENCH_RUNS", read=Path)
]
Data: TypeAlias = Annotated[
    str | Path | None, Option("Folder or file in the benchmark's published format.", metavar="DIR", read=Path)
]
OnlyTasks: TypeAlias = Annotated[
    str | Sequence[str],
    Option("Only runs about this task, by its name or its file; repeatable.", "--task", "T", read=list[str]),
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
        "add: they are added to the gold; settled: one label an item, the one that annotators settled on in "
        "`judgebench view`, or all gave."
    ),
]
Policy: TypeAlias = Annotated[
    Mapping[str, str] | Sequence[str] | str | Policies,
    Option(
        "Override a convention: order, tie, invalid or gold (docs/explanation/policies.md); repeatable.",
        metavar="NAME=VALUE",
        read=list[str],
    ),
]
Verify: TypeAlias = Annotated[
    bool, Option("Recompute every figure by its witness (list metrics); stop on a difference, name what has none.")
]
BySystem: TypeAlias = Annotated[bool, Option("Add a row for every judged system.")]
