"""Results of ragas: its columns of a sample, and a column per metric.

There is no id, and no person's label: the reference is usually made by a model. A metric that failed is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.labels.importers.export import Export, Label
from judgebench.labels.vocabulary import word_set

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_FIELDS = {
    "user_input": "question",
    "response": "answer",
    "reference": "reference",
    "retrieved_contexts": "context",
    "question": "question",
    "answer": "answer",
    "ground_truth": "reference",
    "contexts": "context",
}
_METRICS = word_set(
    "faithfulness answer_relevancy answer_relevance response_relevancy context_precision context_recall "
    "context_relevancy context_entity_recall context_utilization llm_context_precision_with_reference "
    "llm_context_precision_without_reference non_llm_context_precision_with_reference non_llm_context_recall "
    "answer_correctness answer_similarity semantic_similarity factual_correctness noise_sensitivity "
    "noise_sensitivity_relevant nv_accuracy nv_context_relevance nv_response_groundedness simple_criteria "
    "aspect_critic rubrics_score instance_rubrics domain_specific_rubrics summary_score topic_adherence "
    "agent_goal_accuracy harmfulness maliciousness coherence correctness conciseness"
)
_RULES = word_set("exact_match string_present bleu_score rouge_score chrf_score non_llm_string_similarity")


def recognise(probe: Probe) -> str:
    """Its names of a sample's columns, and at least one metric of its own."""
    names = {*probe.columns}
    sample = {"user_input", "response"} <= names or {"question", "answer", "contexts"} <= names
    metrics = [name for name in probe.columns if _base(name) in _METRICS | _RULES]
    return f"columns of a ragas sample and {metrics[0]}" if sample and metrics else ""


def _base(name: str) -> str:
    """Take the mode away: factual_correctness(mode=f1)."""
    return name.partition("(")[0]


def read(probe: Probe) -> Export:
    """Read samples and metrics."""
    export = Export()
    for place, row in enumerate(probe.rows(), 1):
        fields = {_FIELDS.get(name, name): value for name, value in row.items() if _base(name) not in _METRICS | _RULES}
        export.items[str(place)] = fields
        for name, value in row.items():
            if (base := _base(name)) in _METRICS | _RULES:
                export.labels.append(Label(str(place), name, "", value, "program" if base in _RULES else "judge"))
    return export
