"""Sentiment and tone: the same answer, said cheerfully, sadly or angrily, or with emoji.

Source: Ye et al. (2024), Justice or prejudice? (CALM, arXiv:2410.02736: sentiment bias); Zhou et al. (2026),
JudgeBiasBench (arXiv:2603.08091).
"""

from __future__ import annotations

from judgebench.probes.phrases import Phrase, wrapped

_PLAIN_BEFORE = ("Here is what there is to say about this.", "This is my answer to what was asked.")
_PLAIN_AFTER = ("That is all that I say about this.", "This is where my answer to this ends.")

OPERATORS = {
    "cheerful": wrapped(
        "tone/cheerful",
        (
            Phrase("What a joy it is to answer this!", _PLAIN_BEFORE[0]),
            Phrase("Great news, I am delighted to help!", _PLAIN_BEFORE[1]),
            Phrase("Wonderful, this one makes me really happy!", _PLAIN_BEFORE[0]),
        ),
        (
            Phrase("I hope this brightens up your whole day!", _PLAIN_AFTER[0]),
            Phrase("Isn't that lovely? Have a fantastic day!", _PLAIN_AFTER[1]),
        ),
    ),
    "sad": wrapped(
        "tone/sad",
        (
            Phrase("It makes me sad to write all this.", _PLAIN_BEFORE[0]),
            Phrase("Sadly, it has come down to this.", _PLAIN_BEFORE[1]),
            Phrase("I write this with a very heavy heart.", _PLAIN_BEFORE[0]),
        ),
        (
            Phrase("What a gloomy thing it is to say.", _PLAIN_AFTER[0]),
            Phrase("I feel quite miserable about all of it.", _PLAIN_AFTER[1]),
        ),
        push="against",
        side="right",
    ),
    "angry": wrapped(
        "tone/angry",
        (
            Phrase("How annoying that I have to answer this!", _PLAIN_BEFORE[0]),
            Phrase("I am sick and tired of such questions.", _PLAIN_BEFORE[1]),
            Phrase("It makes me furious to be asked this.", _PLAIN_BEFORE[0]),
        ),
        (
            Phrase("Now stop bothering me with all of this!", _PLAIN_AFTER[0]),
            Phrase("I am fed up with the whole thing!", _PLAIN_AFTER[1]),
        ),
        push="against",
        side="right",
    ),
    "emoji": wrapped(
        "tone/emoji",
        (
            Phrase("😀 Here is what there is to say about this. 👍", f"· {_PLAIN_BEFORE[0]} ·"),
            Phrase("✨ This is my answer to what was asked. 🎉", f"· {_PLAIN_BEFORE[1]} ·"),
        ),
        (
            Phrase("🙌 That is all that I say about this. 😊", f"· {_PLAIN_AFTER[0]} ·"),
            Phrase("💡 This is where my answer to this ends. 🌟", f"· {_PLAIN_AFTER[1]} ·"),
        ),
    ),
}
