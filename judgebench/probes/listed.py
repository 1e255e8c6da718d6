"""The probes that come with judgebench: where each is, what it shows, and the suite that it is of."""

from __future__ import annotations

from typing import Literal, NamedTuple


class ProbeEntry(NamedTuple):
    """A probe of ours, what it shows, and the suite that it is of.

    In ``place`` is an operator, a family of them by variant, or what makes it of the plain one; of what is ``observed``
    on plain verdicts a function of a run and its verdicts.
    """

    place: str
    note: str
    suite: Literal["bias", "attack", "consistency", ""] = ""
    observed: bool = False


#: Where the probes are that ask nothing.
_OBSERVED = "judgebench.agreement.observed."
PROBES: dict[str, ProbeEntry] = {
    "blind": ProbeEntry("judgebench.probes.pictures:blind", "items that have images, without them"),
    "captions": ProbeEntry("judgebench.probes.pictures:captions", "items that have images, with their caption instead"),
    "bandwagon": ProbeEntry("judgebench.probes.bandwagon:OPERATOR", "a note that most people prefer it", "bias"),
    "tone": ProbeEntry("judgebench.probes.tone:OPERATORS", "said cheerfully, sadly, angrily, or with emoji", "bias"),
    "person": ProbeEntry("judgebench.probes.person:OPERATORS", "a note on the person who wrote it", "bias"),
    "refined": ProbeEntry("judgebench.probes.refined:OPERATOR", "a note that it was revised", "bias"),
    "format": ProbeEntry(
        "judgebench.probes.formats:OPERATORS", "bullets, bold, a heading, JSON, or none of it", "bias"
    ),
    "concreteness": ProbeEntry("judgebench.probes.concreteness:OPERATORS", "made-up figures, technical words", "bias"),
    "assertiveness": ProbeEntry("judgebench.probes.assertiveness:OPERATORS", "said with certainty, or hedged", "bias"),
    "sycophancy": ProbeEntry("judgebench.probes.sycophancy:OPERATORS", "it flatters; the asker likes it", "bias"),
    "language": ProbeEntry("judgebench.probes.language:OPERATORS", "a last sentence in another, or translated", "bias"),
    "wrong-reference": ProbeEntry("judgebench.probes.beside:WRONG_REFERENCE", "a reference that is made wrong", "bias"),
    "reference-order": ProbeEntry(
        "judgebench.probes.beside:REFERENCE_ORDER", "several references in another order", "bias"
    ),
    "level-order": ProbeEntry("judgebench.probes.beside:LEVEL_ORDER", "a rubric's best level first", "bias"),
    "rubric-echo": ProbeEntry(
        "judgebench.probes.rubric_echo:OPERATORS", "it claims the rubric's words for itself", "attack"
    ),
    "vague": ProbeEntry(
        "judgebench.probes.vague:OPERATOR", "replaced by words on the topic that say nothing", "attack"
    ),
    "verbosity": ProbeEntry(
        "judgebench.probes.verbosity:OPERATORS", "idle words, the question again, the end twice", "bias"
    ),
    "authority": ProbeEntry("judgebench.probes.authority:OPERATOR", "a made-up citation after it", "bias"),
    "distraction": ProbeEntry(
        "judgebench.probes.distraction:OPERATORS", "a sentence that has nothing to do with the matter", "bias"
    ),
    "superficial-reflection": ProbeEntry(
        "judgebench.probes.superficial_reflection:OPERATOR", "it stops to think again, and goes on as before", "bias"
    ),
    "identity": ProbeEntry(
        "judgebench.probes.identity:OPERATORS", "a label that says what kind of system wrote it", "bias"
    ),
    "dummy": ProbeEntry(
        "judgebench.probes.dummy:OPERATORS",
        "the reference, the question, a bare yes or nothing as the answer",
        "attack",
    ),
    "master-key": ProbeEntry(
        "judgebench.probes.master_key:OPERATORS", "a sign or an opening as the whole answer", "attack"
    ),
    "position": ProbeEntry(f"{_OBSERVED}position:position", "which place it prefers", "bias", observed=True),
    "length": ProbeEntry(f"{_OBSERVED}length:length", "whether it prefers the longer answer", "bias", observed=True),
    "self-preference": ProbeEntry(
        f"{_OBSERVED}own:self_preference", "whether it prefers its own answers", "bias", observed=True
    ),
    "family-preference": ProbeEntry(
        f"{_OBSERVED}own:family_preference", "whether it prefers answers of its own family", "bias", observed=True
    ),
    "leniency": ProbeEntry(
        f"{_OBSERVED}leniency:leniency", "whether its errors let answers pass", "bias", observed=True
    ),
    "paraphrase": ProbeEntry(
        "judgebench.probes.paraphrase:OPERATORS",
        "the same request in other words around it; paraphrase:FILE",
        "consistency",
    ),
    "transitivity": ProbeEntry(
        f"{_OBSERVED}transitivity:transitivity", "whether its preferences run in a circle", "consistency", observed=True
    ),
    "cross-mode": ProbeEntry(
        f"{_OBSERVED}cross_mode:cross_mode",
        "whether its ratings of single answers prefer what it picks",
        "consistency",
        observed=True,
    ),
    "recorded-attack": ProbeEntry(
        f"{_OBSERVED}pairs:recorded_attack",
        "what attacks did that a benchmark holds beside the items as they were",
        observed=True,
    ),
    "null-model": ProbeEntry(
        "judgebench.probes.null_model:OPERATORS", "one text as every answer; null-model:FILE has your own", "attack"
    ),
    "injection": ProbeEntry(
        "judgebench.probes.injection:OPERATORS", "an instruction to the judge after it; injection:FILE", "attack"
    ),
    "fake-verdict": ProbeEntry("judgebench.probes.fake_verdict:OPERATORS", "a verdict for it after it", "attack"),
    "suffix": ProbeEntry("judgebench.probes.suffix:OPERATORS", "words of approval after it; suffix:FILE", "attack"),
    "preamble": ProbeEntry("judgebench.probes.preamble:OPERATORS", "praise before it; preamble:FILE", "attack"),
    "attacked": ProbeEntry("judgebench.probes.attacked:PROBE", "attacked:FILE[#COLUMN]: answers from a file"),
}

#: The family whose members are looked at together, too.
PARAPHRASE = "paraphrase"
#: The few that find most: what `validate-judge` tries where nobody names others.
CORE = (
    "position", "length", "self-preference", "bandwagon", "authority", "verbosity/padding", "fake-verdict/brackets",
    "injection/ignore",
)  # fmt: skip
