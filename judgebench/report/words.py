"""The words of tables: why a figure is undefined, what to be careful with, short names of metrics, whose gold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from judgebench.domain import HUMAN_SOURCES
from judgebench.report.document.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "FEW_QUESTIONS", "REASONS", "RULES", "SAMPLE", "SAMPLES", "SAMPLE_ROWS", "SHORT", "SHORT_RULES", "UNUSABLE",
    "WARNINGS", "caption_words", "gold_word", "gold_words", "heading", "headline_name", "sampled", "samples_note",
    "task_name", "task_of",
]  # fmt: skip

#: What is said of figures on the rows that come with a card.
SAMPLE_ROWS = "SAMPLE: measured on rows written for judgebench, not on the benchmark"

#: What stands before the name of a task whose rows come with its card.
SAMPLE = "SAMPLE"
#: The same, of a first answer.
SAMPLES = "These are SAMPLES, written to show how it works: they say nothing about any judge."
#: Policies in words, by name and value, and in the two or three words that a column has room for.
_RULES = {
    ("order", "single"): ("one order only", "one order"),
    ("order", "both-right"): ("right only if right in both orders", "right in both"),
    ("order", "sum-of-signs"): ("both orders added up", "orders added"),
    ("order", "inconsistent-tie"): ("verdicts that flip are ties", "flips are ties"),
    ("order", "mean"): ("each order counts", "each order"),
    ("tie", "class"): ("a tie is an answer", "ties count"),
    ("tie", "drop"): ("ties left out", "without ties"),
    ("tie", "half"): ("ties half right", "ties half"),
    ("tie", "wrong"): ("ties wrong", "ties wrong"),
    ("invalid", "wrong"): ("unusable is wrong", "unusable wrong"),
    ("invalid", "drop"): ("unusable left out", "usable only"),
    ("invalid", "tie"): ("unusable is a tie", "unusable tie"),
    ("gold", "majority"): ("most people's label", "majority"),
    ("gold", "unanimous"): ("only where all people agree", "unanimous"),
    ("gold", "each"): ("each person's label", "each person"),
    ("gold", "mean"): ("people's mean", "people's mean"),
    ("gold", "leave-one-out"): ("all people but one", "all but one"),
}
RULES = {rule: words for rule, (words, _) in _RULES.items()}
SHORT_RULES = {rule: words for rule, (_, words) in _RULES.items()}
#: What becomes of answers that are no verdict, by policy.
UNUSABLE = {"wrong": "count as wrong", "tie": "count as ties", "drop": "are left out"}
#: Why a figure is undefined, in words; an unknown code is shown with spaces.
REASONS = {
    "no_items": "no item could be scored",
    "no_variation": "one side gives the same label throughout, so agreement can't be told from chance",
    "no_order": "the labels of this scale have no order",
    "no_pairs": "no item has two labels to compare",
    "no_positives": "no item is correct by the gold labels",
    "no_negatives": "no item is incorrect by the gold labels",
    "graded_gold": "gold is a mean of several annotators here, not a label",
    "too_few_items": "too few items",
    "missing_part": "a group that the benchmark's figure is made of is not here",
    "undefined_part": "undefined in a group that the benchmark's figure is made of",
    "one_annotator": "no two annotators labelled the same items, so there is no human ceiling",
    "no_repeats": "no case was asked twice",
    "one_order": "position consistency needs items that were shown in both orders",
    "not_measured": "not measured",
    "not_here": "not measured on this row",
    "other_scale": "not a figure of this scale",
    "one_class": "gold has one class only",
    "no_gold_errors": "no step is wrong by the gold labels",
    "no_predicted_errors": "the judge calls no step wrong",
    "no_predicted_labels": "the judge never gives the label",
    "no_class_labels": "gold never has the label",
    "numbers": "two numbers are near each other, or not: they are hardly ever the same",
    "too_many_sets": "there are more than 10,000 different sets",
    "no_correct_items": "no solution is free of errors by the gold labels",
    "separated": "a threshold separates the two gold classes, so no recalibration fits best",
    "not_independent": "the test holds for independent items only, and these share questions",
    "missing_numbers": "some numbers are missing, and this figure has no worst one to put in their place",
    "other_unit": "the judge's numbers go beyond the scale, so they are in another unit",
    "no_errors": "the judge makes no error that could be lenient or strict",
    "no_tie_label": "a policy voids ties",
    "only_ties": "on every item one side says tie",
    "nothing_placed": "no verdict has a place on the scale",
    "label_left_out": "a policy leaves out a label that the weights need",
    "one_cluster": "all rows share one question, so nothing tells how far the figure could be off",
    "ceiling_near_chance": "people may agree no better than chance, so no ratio is too large",
    "no_spread": "every row says the same, so nothing tells how far the figure could be off",
    "no_difference": "nothing tells the two apart on any question, so nothing tells how far they could be apart",
    "lost_draws": "too many resamples have no ranking",
    "all_there_are": "these annotators are all there are, so nothing is left to chance but their items",
    "published": "only shares are at hand, not the rows behind them",
    "no_influences": "the figure carries no standard error",
    "class_absent": "a label occurs on neither side, so this is the mean over one class",
    "negative_values": "ratios need values that are not negative",
}
#: What to be careful with, in words.
WARNINGS = {
    "prevalence": "few examples of the rarest label: kappa and alpha can be low although agreement is high",
    "constant_gold": "gold has one label only: nothing here corrects for chance",
    "constant_judge": "the judge gives one and the same verdict throughout",
    "few_clusters": "few independent questions: the interval is only a rough one",
    "few_systems": "fewer than 20 systems: clustering by system as well gives only a rough interval; systems chosen on "
    "purpose are better taken as fixed",
    "few_items": "fewer than 10 items: these figures say next to nothing",
    "prevalence_paradox": "high agreement but low kappa, because one label is much more frequent than the others: read "
    "kappa beside AC1 and the base rates",
    "skewed_ties": "judge and gold say tie at clearly different rates: read the agreement without ties beside it",
    "low_coverage": "many judgments gave no verdict: see coverage",
    "published_figures": "taken from published accuracies: the verdicts are not public, so coverage is not known",
    "left_out": "items on which the annotators have no common label are left out",
    "unlabelled_rows": "rows without a gold label are left out",
    "disjoint_labels": "judge and gold share no label: they never agree",
    "missing_scores": "some judgments have no score: they count as the worst one, unless a policy leaves them out",
    "length_mismatch": "the judge checked more or fewer steps than there are: missing ones are misses",
    "incomplete_run": "the run holds fewer verdicts than its manifest counts: what is missing may differ from what is "
    "here; the same run command resumes it",
    "failed_cases": "some cases failed, which are no answers of the judge's: its figures are bounds from below, or "
    "under invalid=drop without these cases (score --bounds shows both ends); the same run command asks again, "
    "in vain where an item lacks what the judge needs",
    "undeclared_levels": "the range of the ratings is read off the data",
    "other_units": "the judge ranks as gold does but on other levels: if its unit is another one, bring both to one "
    "(--word OLD=NEW); else it is lenient or strict, and rho says more than kappa",
    "reversed": "agreement far below chance: one side seems to be the wrong way round; give its words the "
    "other meaning (--word OLD=NEW), or check the columns",
}
#: The same of ``few_clusters``, of a first answer.
FEW_QUESTIONS = "Few independent questions: the intervals are rough."
#: Short names of metrics, in lines.
SHORT: dict[str, tuple[str, ...]] = {
    "accuracy": ("accuracy",),
    "cohen_kappa": ("kappa",),
    "cohen_kappa_quadratic": ("quadratic", "kappa"),
    "krippendorff_alpha": ("alpha",),
    "spearman_rho": ("rho",),
    "kendall_tau_b": ("tau-b",),
    "pearson_r": ("r",),
    "lin_ccc": ("concordance",),
    "icc_a1": ("ICC", "(A,1)"),
    "gwet_ac1": ("AC1",),
    "macro_f1": ("macro", "F1"),
    "true_positive_rate": ("TPR %",),
    "true_negative_rate": ("TNR %",),
    "agreement_s2": ("% agree", "without", "ties"),
    "gold_tie_rate": ("ties in", "gold %"),
    "judge_tie_rate": ("ties by", "judge %"),
    "adjacent_agreement": ("% within", "1 level"),
    "mean_absolute_error": ("mean", "error"),
    "mean_signed_error": ("judge", "less", "gold"),
    "auc": ("AUC",),
    "brier": ("Brier",),
    "ece": ("ECE",),
    "score_lin_ccc": ("score:", "concor-", "dance"),
    "score_pearson_r": ("score:", "r"),
    "root_mean_squared_error": ("root mean", "square", "error"),
    "krippendorff_alpha_masi": ("alpha", "(MASI)"),
    "krippendorff_alpha_jaccard": ("alpha", "(Jaccard)"),
    "mean_jaccard": ("mean", "Jaccard"),
    "mean_masi": ("mean", "MASI"),
    "label_kappa": ("kappa", "per label"),
    "label_f1": ("F1", "per label"),
    "kendall_tau": ("Kendall's", "tau"),
    "top_1_agreement": ("same", "first"),
    "levenshtein_distance": ("edit", "distance"),
    "footrule_distance": ("foot-", "rule"),
    "first_error_f1": ("first error", "F1"),
    "first_error_accuracy": ("first", "error", "found"),
    "flawless_accuracy": ("flawless", "accepted"),
    "step_agreement": ("steps", "agree"),
    "step_kappa": ("steps", "kappa"),
    "error_f1": ("wrong", "steps", "F1"),
}


def sampled(revision: str) -> bool:
    """Whether rows come with a card, and not from its benchmark."""
    return revision.startswith("sample")


def task_name(task: str, revision: str) -> str:
    """Name a task; samples of it are marked wherever it is named.

    >>> task_name("pandalm", "sample:1"), task_name("pandalm", "data:1")
    ('SAMPLE pandalm', 'pandalm')
    """
    return f"{SAMPLE} {clean(task)}" if sampled(revision) else clean(task)


class _Measured(Protocol):
    """What was measured on a task's rows."""

    @property
    def task(self) -> str: ...
    @property
    def revision(self) -> str: ...


def task_of(one: _Measured) -> str:
    """Name the task of a row."""
    return task_name(one.task, one.revision)


def samples_note(rows: Iterable[_Measured]) -> list[str]:
    """Say that some rows are of samples, where any are."""
    return [SAMPLES] if any(sampled(row.revision) for row in rows) else []


def heading(metric: str) -> tuple[str, ...]:
    """Give a metric's short name in lines."""
    return SHORT.get(metric) or (clean(metric).replace("_", " "),)


def headline_name(metric: str) -> str:
    """Give a metric's short name in one line.

    >>> headline_name("cohen_kappa_quadratic"), headline_name("footrule_distance"), headline_name("some_metric")
    ('quadratic kappa', 'footrule', 'some metric')
    """
    return " ".join(heading(metric)).replace("- ", "")


def gold_words(gold: str) -> str:
    """Say whom a judge is compared with; only people's labels are called human.

    >>> [gold_words(gold) for gold in ("expert", "verifier")]
    ['agreement with humans', 'agreement with verifier']
    """
    return f"agreement with {gold_word(gold)}"


def caption_words(golds: Iterable[str]) -> str:
    """Say the same in the caption of a paper's table, where experts and crowd workers are called so.

    >>> caption_words(["expert", "human", "expert"]), caption_words(["verifier"])
    ('agreement with experts, humans', 'agreement with verifier')
    """
    named = {"expert": "experts", "crowd": "crowd workers"}
    return f"agreement with {', '.join(dict.fromkeys(named.get(gold) or gold_word(gold) for gold in golds))}"


def gold_word(gold: str) -> str:
    """Name the side that a judge is compared with; gold of several or of unknown sources is "gold" only."""
    if gold in HUMAN_SOURCES:
        return "humans"
    return "gold" if gold in {"mixed", "unspecified"} else clean(gold)


def unverified_words(alone: Mapping[str, str]) -> str:
    """Name the figures that no witness confirmed, and why.

    >>> unverified_words({"official_score": "nothing else computes it"})
    'not verified: official_score (nothing else computes it)'
    """
    return "not verified: " + ", ".join(f"{clean(name)} ({why})" for name, why in alone.items())
