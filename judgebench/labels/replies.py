"""Rules that read a verdict out of a decorated word or a judge's reply; each is named, listed and strict.

A rule reads what is plain to a person: `RULES` says what, with an example. A reply with two different verdicts has
none, and so has one that no rule reads. What a rule may take for a verdict is said by a `Speech`: the words of the
scale. Rules run once per distinct text, and look at each text a fixed number of times.
"""

from __future__ import annotations

import ast
import functools
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from judgebench.labels.speech import SIDE, NumberSpeech, PairSpeech, Said, Speech
from judgebench.labels.vocabulary import plain, word_list, word_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule reads, with an example and what that means."""

    name: str
    reads: str
    example: str
    means: str


#: In the order in which they are tried; what a marker holds (a bracket, a tag ...) is read by those below it.
RULES = (
    Rule("JSON", "a verdict's field in an object or a list, bare or fenced", '{"winner": "A", "why": "..."}', "A"),
    Rule("brackets", "double brackets", "Good. Rating: [[8]]", "8"),
    Rule("tag", "a tag named as a verdict is", "<verdict>A</verdict>", "A"),
    Rule("box", "a LaTeX box", r"\boxed{B}", "B"),
    Rule("named", "what is called the verdict, the rating, the score ...", "Final verdict: B", "B"),
    Rule("decoration", "a word in brackets, quotes or stars, or with a full stop", "**No**.", "incorrect"),
    Rule("fraction", "a number out of the scale's highest", "4/5", "4"),
    Rule("unit", "a number of points or stars", "4 stars", "4"),
    Rule("percent", "a number with a percent sign, where all numbers of the column have one", "80 %", "80"),
    Rule("comma", "a decimal comma, except in what may be thousands (1,200)", "3,5", "3.5"),
    Rule("third", "the letter C as a tie, where the column also says A or B", "C", "tie"),
    Rule("comparison", "which side is better, wins or is preferred", "A is better than B", "A"),
    Rule(
        "first word",
        "a word before a comma, a colon or a line's end, if the rest says nothing else",
        "No, it is wrong",
        "incorrect",
    ),
    Rule("last word", "a sentence's last word, if the text names no other verdict", "Overall I lean towards B", "B"),
)

Outcome: TypeAlias = Literal["read", "two", "none"]


class Read(NamedTuple):
    """What a text says: the outcome, and where it is read the meaning, the rule and the form of a number."""

    outcome: Outcome
    meaning: str = ""
    rule: str = ""
    said: Said | None = None


TWO, NONE = Read("two"), Read("none")

_KEYS = word_list(
    "verdict rating score grade judgment judgement decision winner choice preference preferred label conclusion answer "
    "result evaluation vote pick assessment classification"
)
_NAME = "|".join(_KEYS)
#: In replies these name what was judged as often as how good it is.
_NOT_OF_NUMBERS = frozenset({"answer", "result", "choice", "conclusion", "pick", "winner"})
_FIELDS = {*_KEYS} | word_set(
    "final_verdict final_answer better_response overall overall_score final_score choices labels value correct "
    "is_correct passed pass"
)
_BRACKETS = re.compile(r"\[\[([^\[\]]{1,80})\]\]")
_TAG = re.compile(rf"<((?:final[ _-]?)?(?:{_NAME}))>([^<>]{{1,200}})</\1>", re.IGNORECASE)
_BOX = re.compile(r"\\boxed\{(?:\\text\{)?([^{}]{1,80})\}?\}")
_NAMED = re.compile(
    rf"(?<![a-z])(?P<key>{_NAME})[\"'*_`\]]*\s{{0,3}}(?:\([^()\n]{{1,30}}\)\s?)?[*_]*(?:(?:[:=]|->|→)[\s*_`\"']{{0,8}}|(?:is|was)\s{{1,3}}(?:[:=]\s{{0,3}})?"
    r"(?:an?\s|the\s)?|(?P<bare>\s))(?=(?P<said>[^\n]{1,80}))",
    re.IGNORECASE,
)
#: How an object begins; one that was cut off is no verdict, whatever stands in it.
_OBJECT = re.compile(r"""(?:```(?:json)?\s*)?\{\s*["']""", re.IGNORECASE)
_FENCE = re.compile(r"```(?:json)?\s*([\[{].*?)```", re.DOTALL | re.IGNORECASE)
_BETTER = r"(?:better|best|stronger|superior|preferred|preferable|the winner|the better|the best)\b"
_COMPARED = re.compile(
    rf"(?P<one>{SIDE})(?:'s \w+| \w+ly)? (?:(?:is|was)(?: \w+ly| much| far| slightly)? {_BETTER}|wins\b|won\b)"
    rf"|(?:prefer|choose|chose|pick|picked|select|selected|vote for|go with|went with) (?P<other>{SIDE})"
)
_DOUBT = re.compile(
    r"\b(?:not|never|nor|neither|without|hardly|if|unless|whether|maybe|perhaps|unsure|unclear|cannot|could|might|either)\b"
    r"|n't\b",
    re.IGNORECASE,
)
#: What may lie before a last word; "[[A" is a reply that was cut off.
_LED_TO = re.compile(r"(?:\s[*_`\"'(]*|^)$")
#: A number that has decimals is not a word of a check or a pair, nor is the first letter of t.b.d. or of n.b.
_GOES_ON, _ABBREVIATED = re.compile(r"[.,:]\d"), re.compile(r"\.[^\W\d_]")
_OUTER = " \t\r\n*_`\"'\u00ab\u00bb|"
#: HTML that only formats: an element around all of a text, or a line break before or after it.
_MARKUP = re.compile(
    r"^<(b|strong|i|em|u|p|div|span|code)(?: [^<>]{0,80})?>(.*)</\1>$|^<br */?>|<br */?>$", re.IGNORECASE | re.DOTALL
)
_LIST = re.compile(r"^(?:-|>+|#+|\u2022)\s+")
_PAIRED = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("$", "$"), ("\\(", "\\)"), ("【", "】"))
_LONGEST_JSON = 100_000
_THINKING = re.compile(r"</?(?:think|thinking|reasoning)>", re.IGNORECASE)


def read(text: str, speech: Speech) -> Read:
    """Read a cell that is no word of the scale.

    >>> from judgebench.labels.speech import NumberSpeech, PairSpeech
    >>> read("Good answer. Rating: [[8]]", NumberSpeech())[:3], read("[[A]] ... no, [[B]]", PairSpeech())[:3]
    (('read', '8', 'brackets'), ('two', '', ''))
    """
    text = html.unescape(plain(text)).strip()
    if "<" in text and (marks := list(_THINKING.finditer(text))):
        if not marks[-1][0].startswith("</"):
            return NONE
        text = text[marks[-1].end() :].strip()
    marked = _json(text, speech) or _marked(text, speech) or _one("named", _named(text, speech), speech)
    if marked is None and (said := _bare(text, speech)) is not None:
        marked = _read("decoration", said, speech)
    return marked or _comparison(text, speech) or _first_word(text, speech) or _last_word(text, speech) or NONE


def _marked(text: str, speech: Speech) -> Read | None:
    """Read what brackets, tags or boxes hold, if no other marker says another thing."""
    for name, parts in (("brackets", _brackets(text)), ("tag", _tags(text)), ("box", _boxes(text))):
        if (found := _one(name, parts, speech)) is not None:
            return TWO if found is TWO or _contradicted(text, found, speech) else found
    return None


def _read(rule: str, said: Said, speech: Speech) -> Read:
    third = isinstance(speech, PairSpeech) and speech.third and said.form == "third"
    own = "third" if third else said.form if rule == "decoration" and said.form else rule
    return Read("read", said.meaning, own, said)


def _one(rule: str, parts: Iterable[str], speech: Speech) -> Read | None:
    """Read the one verdict that all parts say; parts that are none don't count."""
    found = {said.meaning: said for part in parts if (said := _bare(part, speech) or _head(part, speech))}
    if not found:
        return None
    return _read(rule, next(iter(found.values())), speech) if len(found) == 1 else TWO


def _contradicted(text: str, found: Read, speech: Speech) -> bool:
    """Whether two kinds of markers say two things."""
    others = [part for parts in (_brackets(text), _tags(text), _boxes(text), _named(text, speech)) for part in parts]
    other = _one("", others, speech)
    return other is not None and (other is TWO or other.meaning != found.meaning)


def _brackets(text: str) -> Iterator[str]:
    return (found[1] for found in _BRACKETS.finditer(text))


def _tags(text: str) -> Iterator[str]:
    return (found[2] for found in _TAG.finditer(text)) if "</" in text else iter(())


def _boxes(text: str) -> Iterator[str]:
    return (found[1] for found in _BOX.finditer(text))


def _named(text: str, speech: Speech) -> Iterator[str]:
    low = text.lower()
    # To look for each name and match there is ten times faster than to look for all of them at once.
    places = [found.start() for key in _KEYS for found in re.finditer(key, low)] if len(low) == len(text) else []
    for found in filter(None, (_NAMED.match(text, place) for place in places)):
        marked = text[found.start("key") - 1 : found.start("key")] == "[" and found[0].find("]") > 0
        if isinstance(speech, NumberSpeech) and found["key"].casefold() in _NOT_OF_NUMBERS and not marked:
            continue
        said = found["said"].strip()
        # "Rating 8" on a line of its own, but not "grade 4 students".
        if found["bare"] is None or marked or _bare(said, speech) is not None:
            yield said


def undecorated(text: str) -> str:
    """Take off stars, quotes, brackets, headings and the stops at the end, but no sign of a number.

    >>> undecorated("**(A).**"), undecorated("B)"), undecorated("-1."), undecorated(".5"), undecorated("Yes?")
    ('A', 'B', '-1', '.5', 'Yes?')
    """
    before = None
    while text != before:
        before = text
        while "<" in text and (bare := _MARKUP.sub(r"\2", text).strip()) != text:
            text = bare
        text = text.strip(_OUTER).rstrip(".,;:!\u3002\u3001")
        for left, right in _PAIRED:
            if len(text) > len(left) + len(right) - 1 and text.startswith(left) and text.endswith(right):
                text = text[len(left) : len(text) - len(right)]
        if text.endswith(")") and "(" not in text:
            text = text[:-1]
        text = _LIST.sub("", text)
    return text


@functools.lru_cache(maxsize=4096)
def _bare(text: str, speech: Speech) -> Said | None:
    """Read a text that is one word but for its decoration."""
    if len(text) > 120:
        return None
    said = speech.mean(text) or speech.mean(undecorated(text))
    if said is not None and isinstance(speech, PairSpeech) and undecorated(text).casefold() == "c":
        return Said(said.meaning, "third")
    return said


def _head(text: str, speech: Speech) -> Said | None:
    """Read the word that begins a text, where a stop or a reason follows."""
    found = _cut(text, speech, Speech.after)
    return None if found is None else found[0]


def _cut(text: str, speech: Speech, after: str) -> tuple[Said, str] | None:
    """Cut a text into the word that begins it and the rest."""
    text = text.lstrip(_OUTER)
    if isinstance(speech, NumberSpeech):
        start = speech.one.match(text)
        end = start.end() if start else 0
    else:
        stop = re.search(after, text[:120])
        end = stop.start() if stop else 0
        if (text[:end].isdigit() and _GOES_ON.match(text, end)) or (end == 1 and _ABBREVIATED.match(text, end)):
            return None
    if not end:
        return None
    follows = re.match(rf"[*_`\"')\]]*(?:{after})", text[end : end + 40])
    said = _bare(text[:end], speech)
    return None if follows is None or said is None else (said, text[end:])


def _comparison(text: str, speech: Speech) -> Read | None:
    if not isinstance(speech, PairSpeech):
        return None
    found: set[str] = set()
    for one in _COMPARED.finditer(text):
        clause = re.split(r"[.;,!?\n]", text[max(0, one.start() - 120) : one.start()])[-1]
        said = speech.mean(one["one"] or one["other"])
        if said is not None and not _DOUBT.search(clause):
            found.add(said.meaning)
    if not found:
        return None
    return Read("read", found.pop(), "comparison") if len(found) == 1 else TWO


def _first_word(text: str, speech: Speech) -> Read | None:
    found = _cut(text, speech, speech.after)
    if found is None:
        return None
    said, rest = found
    return TWO if set(speech.mentions(rest)) - {said.meaning} else _read("first word", said, speech)


def _last_word(text: str, speech: Speech) -> Read | None:
    last = re.split(r"[.!?\n]\s", undecorated(text))[-1]
    end = next(iter(reversed(list(speech.one.finditer(last)))), None)
    if end is None or end.end() != len(last) or text.endswith("?") or not _LED_TO.search(last[: end.start()]):
        return None
    said = _bare(end[0], speech)
    if said is None or _DOUBT.search(last[: end.start()]):
        return None
    return TWO if set(speech.mentions(text)) - {said.meaning} else _read("last word", said, speech)


def _json(text: str, speech: Speech) -> Read | None:
    """Read the verdict's field of JSON (or of Python's own lists and objects); None where the text is not that."""
    if "{" not in text and "[" not in text:
        return None
    fenced = [found[1] for found in _FENCE.finditer(text)] if "```" in text else []
    start, end = text.find("{"), text.rfind("}")
    inside = [text[start : end + 1]] if 0 <= start < end else []
    whole = [text] if text[:1] in {"[", "{"} and not text.startswith("[[") else []
    for part in (*fenced, *whole, *inside):
        value = _parsed(part)
        if not isinstance(value, list) or (not isinstance(value, _Fields) and not value):
            continue
        leaves = list(_leaves(value, ""))
        named = [leaf for key, leaf in leaves if key in _FIELDS]
        chosen = named or ([leaves[0][1]] if len(leaves) == 1 else [])
        if not isinstance(speech, NumberSpeech):
            # How sure the judge is stands beside what it says: {"verdict": "no", "score": 1.0}.
            words = [leaf for leaf in chosen if isinstance(leaf, (str, bool))]
            chosen = words or chosen
        if chosen and all(leaf is None for leaf in chosen):
            return Read("read", "", "JSON")
        found = _one("JSON", [_text(leaf) for leaf in chosen if leaf is not None], speech)
        return found or NONE
    return NONE if _OBJECT.match(text) else None


class _Fields(list[tuple[str, Any]]):
    """The fields of an object, one that occurs twice twice."""


def _parsed(part: str) -> Any:
    if len(part) > _LONGEST_JSON:
        return None
    try:
        return json.loads(part, object_pairs_hook=_Fields)
    except (ValueError, RecursionError):
        pass
    try:
        value = ast.literal_eval(part) if len(part) < 2000 else None
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return _fields(value)


def _fields(value: Any) -> Any:
    if isinstance(value, dict):
        return _Fields((str(key), _fields(one)) for key, one in value.items())
    return [_fields(one) for one in value] if isinstance(value, (list, tuple, set)) else value


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, _Fields):
        for name, one in value:
            yield from _leaves(one, name.strip().casefold().replace(" ", "_").replace("-", "_"))
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, key)
    else:
        yield key, value


def _text(leaf: Any) -> str:
    return str(leaf).lower() if isinstance(leaf, bool) else str(leaf)
