"""Assertiveness: the same answer, said with certainty or with hedges.

Source: Zhou et al. (2026), JudgeBiasBench (arXiv:2603.08091: assertiveness); Hosking et al. (2024), Human feedback is
not gold standard.
"""

from __future__ import annotations

from judgebench.probes.phrases import Phrase, wrapped

OPERATORS = {
    "confident": wrapped(
        "assertiveness/confident",
        (
            Phrase("There is no doubt whatsoever about this.", "There is something here in reply to this."),
            Phrase("I am absolutely certain of the following.", "I have written down the following."),
            Phrase("Beyond any question, this is how it is.", "After the question, this is what follows."),
        ),
        (
            Phrase("I am a hundred per cent sure of this.", "I have come to the last line of this."),
            Phrase("This is definitely so, without any exception.", "This is the end, without any appendix."),
        ),
    ),
    "hedged": wrapped(
        "assertiveness/hedged",
        (
            Phrase("I am not at all sure about this.", "I have an answer to this right here."),
            Phrase("Perhaps it might possibly be the following.", "What comes here now is the following."),
            Phrase("I could be mistaken, but I would guess this.", "I was asked a question, and I wrote this."),
        ),
        (
            Phrase("But I may well be wrong about it.", "And I am now done writing about it."),
            Phrase("Maybe this is so; I don't really know.", "Here this ends; I don't add any more."),
        ),
        push="against",
        side="right",
    ),
}
