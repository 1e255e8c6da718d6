"""From what a reply says to a verdict on a task's scale: failures by the published policy, and both readings kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from judgebench.domain import Reply, Status, Usage
from judgebench.judges.cards.parsers import MISSING, TOKENS, TWICE, parser
from judgebench.judges.cards.strict import strictly
from judgebench.judges.endings import after_reasoning
from judgebench.judges.forms import told, unread, why
from judgebench.judges.protocols.comparing import best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Completion, Scale
    from judgebench.judges.cards.card import Layout, Said

#: Whose reading is the verdict.
Reader: TypeAlias = Literal["published", "strict"]
READERS: tuple[Reader, ...] = get_args(Reader)
#: What the part of a reply is called that holds the other reading, where the two differ.
OTHER = "parser "


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one question: the completions, and what each parser reads; the published one's failure replaced."""

    completions: tuple[Completion, ...]
    published: Said
    strict: Said


def refused(completions: Sequence[Completion]) -> bool:
    """Whether the model or a filter refused: no policy makes a verdict of that."""
    return any(unread(one) is Status.REFUSED for one in completions)


def lacking(layout: Layout, completions: Sequence[Completion]) -> bool:
    """Whether the published parser finds nothing, or not all, so that its judge is asked again.

    What was refused is not, and a forecast counts on no second attempt.
    """
    if refused(completions) or completions[-1].assumed:
        return False
    said = published(layout, completions)
    return said is None or (isinstance(said, tuple) and MISSING in said)


def published(layout: Layout, completions: Sequence[Completion]) -> Said:
    """Read replies as the authors do; their exceptions are replies that nothing is found in."""
    read, last = parser(layout.parser), completions[-1]
    try:
        if layout.parser.partition(":")[0] in TOKENS:
            return read(last)
        text = joined(layout, completions)
        if len(completions) > 1 and layout.again and layout.parser.partition(":")[0] in TWICE:
            return read(text, first=_text(layout, completions[0]))
        return read(text)
    except ValueError:
        return None


def strict(layout: Layout, completions: Sequence[Completion]) -> Said:
    """Read replies strictly."""
    several = (len(completions) > 1 and layout.again is not None) or bool(completions[-1].calls)
    tokens = layout.parser.partition(":")[0] in TOKENS
    if any(unread(one) is not None for one in completions):
        return None
    if tokens and not completions[-1].logprobs:
        return None
    found = strictly(layout, completions[-1], joined(layout, completions) if several else None)
    # Of tokens the text only says whether the verdict stands alone: the figures are those of the tokens.
    return parser(layout.parser)(completions[-1]) if tokens and found is not None else found


def joined(layout: Layout, completions: Sequence[Completion]) -> str:
    """Join the replies of one conversation."""
    join = layout.again.join if layout.again is not None else "\n"
    return join.join(_text(layout, one) for one in (completions if layout.again else completions[-1:]))


def _text(layout: Layout, completion: Completion) -> str:
    said = completion.calls[0][1] if completion.calls else completion.text
    return said if layout.reasoning == "read" else after_reasoning(said)


def by_policy(layout: Layout, said: Said, scale: Scale) -> Said:
    """Replace a failure by what the authors take it for."""
    if said not in {None, ""}:
        return said
    if isinstance(layout.failure, int | float):
        return float(layout.failure)
    words = {"tie": "tie", "incorrect": "incorrect", "lowest": scale.labels[0]}
    return words.get(layout.failure, said)


def code_of(said: Said, scale: Scale, shown: int) -> int | None:
    """Find the verdict on a scale; None where the scale has no such verdict.

    Of several scores the higher one wins, equal ones are a tie; of more than two the first of the highest is the pick.
    """
    if said is None or said == "":
        return None
    if isinstance(said, tuple):
        code = best(said, scale) if len(said) == shown and scale.kind in {"pair", "pick"} else None
        return code if isinstance(code, int) else None
    if isinstance(said, str):
        return _of_word(said, scale, shown)
    if scale.kind != "rate" or not scale.values[0] <= said <= scale.values[-1]:
        return None
    middle = (scale.values[0] + scale.values[-1]) / 2
    near = min(scale.values, key=lambda value: (abs(value - said), abs(value - middle)))
    return scale.values.index(near)


def _of_word(word: str, scale: Scale, shown: int) -> int | None:
    if scale.kind == "pick":
        place = "ABCDEFGH".find(word) if len(word) == 1 else -1
        return place if 0 <= place < shown else None
    if scale.kind != "pair":
        return scale.code(word)
    if word == "tie":
        return scale.tie
    winner = word[0]
    names = [word, f"{winner}>{'B' if winner == 'A' else 'A'}", winner]
    return next((code for name in names if (code := scale.code(name)) is not None), None)


def reply_of(answered: Sequence[Answered], reader: Reader, scale: Scale, shown: int) -> Reply:
    """Make the reply of what was answered about all ``shown`` responses, at once or one by one.

    The other parser's reading is a part of it, where it differs.
    """
    completions = [one for each in answered for one in each.completions]
    said = {one: _together([getattr(each, one) for each in answered]) for one in READERS}
    readings = {one: _reply(said[one], completions, scale, shown) for one in READERS}
    whole, other = readings[reader], next(one for one in READERS if one != reader)
    parts = ((f"{OTHER}{other}", readings[other]),) if _differ(whole, readings[other]) else ()
    return replace(
        whole,
        text="\n\n".join(told(one, Status.UNPARSED).text for one in completions),
        error=why(completions[-1]) if whole.status is Status.REFUSED else whole.error,
        model=completions[-1].model,
        usage=sum((one.usage for one in completions), start=Usage()),
        seconds=sum(one.seconds for one in completions),
        parts=parts,
    )


def _together(said: Sequence[Said]) -> Said:
    """Put the scores of responses that were rated one by one side by side."""
    if len(said) == 1:
        return said[0]
    scores = tuple(one for one in said if isinstance(one, float))
    return scores if len(scores) == len(said) else None


def _reply(said: Said, completions: Sequence[Completion], scale: Scale, shown: int) -> Reply:
    code = code_of(said, scale, shown)
    if code is None:
        status = next((bad for one in completions if (bad := unread(one)) is not None), Status.UNPARSED)
        off = "" if said is None or said == "" else f"the reply says {said}, which is not on {scale.spec}"
        return Reply(status, error=off if status is Status.UNPARSED else "")
    scores = said if isinstance(said, tuple) else (said,) if isinstance(said, float) else ()
    return Reply.ok(code, scores=scores)


def _differ(one: Reply, other: Reply) -> bool:
    return (one.code, one.scores) != (other.code, other.scores)
