"""Sentiment and tone: the same answer, said cheerfully, sadly or angrily, or with emoji.

Source: Ye et al. (2024), Justice or prejudice? (CALM, arXiv:2410.02736: sentiment bias); Zhou et al. (2026),
JudgeBiasBench (arXiv:2603.08091).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.probes.phrases import Phrase, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.probes.operator import Operator

#: What stands before and after the answer without any tone.
_BEFORE = ("Here is what there is to say about this.", "This is my answer to what was asked.")
_AFTER = ("That is all that I say about this.", "This is where my answer to this ends.")


class _Tone(NamedTuple):
    """Sentences before and after an answer, whether they speak for it, and the form of the plain ones beside them."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    good: bool = True
    form: str = "{}"


_TONES = {
    "cheerful": _Tone(
        (
            "What a joy it is to answer this!",
            "Great news, I am delighted to help!",
            "Wonderful, this one makes me really happy!",
        ),
        ("I hope this brightens up your whole day!", "Isn't that lovely? Have a fantastic day!"),
    ),
    "sad": _Tone(
        (
            "It makes me sad to write all this.",
            "Sadly, it has come down to this.",
            "I write this with a very heavy heart.",
        ),
        ("What a gloomy thing it is to say.", "I feel quite miserable about all of it."),
        good=False,
    ),
    "angry": _Tone(
        (
            "How annoying that I have to answer this!",
            "I am sick and tired of such questions.",
            "It makes me furious to be asked this.",
        ),
        ("Now stop bothering me with all of this!", "I am fed up with the whole thing!"),
        good=False,
    ),
    "emoji": _Tone(
        (f"😀 {_BEFORE[0]} 👍", f"✨ {_BEFORE[1]} 🎉"),
        (f"🙌 {_AFTER[0]} 😊", f"💡 {_AFTER[1]} 🌟"),
        form="· {} ·",
    ),
}


def _operator(name: str, tone: _Tone) -> Operator:
    def beside(said: Sequence[str], plain: Sequence[str]) -> list[Phrase]:
        return [Phrase(text, tone.form.format(plain[i % len(plain)])) for i, text in enumerate(said)]

    return wrapped(
        f"tone/{name}",
        beside(tone.before, _BEFORE),
        beside(tone.after, _AFTER),
        push="for" if tone.good else "against",
        side="wrong" if tone.good else "right",
    )


OPERATORS = {name: _operator(name, tone) for name, tone in _TONES.items()}
