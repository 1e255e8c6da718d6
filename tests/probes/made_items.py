"""Items as Hypothesis makes them up: empty answers, code, other scripts, several turns, images, agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from judgebench.domain import Item, Label, Part, Reference, Response, Scale, Turn

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from judgebench.domain.items import Role

_SENTENCES = (
    *("Two and two make four.", "It is 3.5 m, says Dr. Ito.", "Is it? Yes!", "The answer is B.", "No"),
    *(
        "日本の首都は東京です。",
        "Ça va très bien. Merci!",
        "مرحبا بالعالم",
        "🦆 swims, e.g. here.",
        "\u200b",
        "x = {{answer}}",
    ),
)
_BLOCKS = (
    "- one\n- two",
    "1. first\n2. second",
    "```\ndef f():\n\n    return 1\n```",
    "| a | b |\n|---|---|",
    "# Head",
)
_PARAGRAPHS = st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=4).map(" ".join) | st.sampled_from(_BLOCKS)
TEXTS = st.one_of(
    st.lists(_PARAGRAPHS, max_size=4).map("\n\n".join),
    st.sampled_from(("", " ", "\n", "B", "```\nnever closed")),
    st.text(max_size=40),
)
#: Whose turns a conversation has.
_ROLES: tuple[tuple[Role, ...], ...] = (
    *((), ("user",), ("system",), ("system", "user")),
    ("user", "assistant", "user"),
)
_IMAGE = "data:image/png;base64,AAAA"


@st.composite
def _responses(draw: DrawFn) -> Response:
    text = draw(TEXTS)
    turns: tuple[Turn, ...] = ()
    if draw(st.integers(0, 5)) == 0:
        turns = (Turn.of("call", "look()"), Turn.of("tool", "nothing"), Turn.of("assistant", text))
    images = (_IMAGE,) if draw(st.integers(0, 5)) == 0 else ()
    return Response(text, draw(st.sampled_from((None, "gpt-4-turbo", "a-7b"))), images, turns)


@st.composite
def items(draw: DrawFn) -> tuple[Item, Scale]:
    """Make an item, and a scale on which it can be judged."""
    count = draw(st.integers(1, 4))
    scales = {1: (Scale.check(), Scale.rate(1, 5)), 2: (Scale.pair(), Scale.pair(5))}
    scale = draw(st.sampled_from(scales.get(count, (Scale.pick(count), Scale.rank(count)))))
    asked: list[Turn] = []
    for role in draw(st.sampled_from(_ROLES)):
        parts = [Part(draw(TEXTS))]
        if draw(st.integers(0, 5)) == 0:
            parts.insert(draw(st.integers(0, 1)), Part(image=_IMAGE))
        asked.append(Turn(role, tuple(parts)))
    gold = st.permutations(range(count)).map(tuple) if scale.kind == "rank" else st.integers(0, len(scale.labels) - 1)
    labels = tuple(Label(f"h{number}", draw(st.none() | gold)) for number in range(draw(st.integers(0, 3))))
    references = tuple(Reference(text) for text in draw(st.lists(TEXTS, max_size=2)))
    made = Item(
        "i", tuple(asked), tuple(draw(_responses()) for _ in range(count)), labels, "human", "q", "s", references
    )
    return made, scale
