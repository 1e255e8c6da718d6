"""Votes on pairs: a row says which of two answers a person, or a judge, preferred.

MT-Bench's human judgments, AlpacaFarm's cross-annotations, AlpacaEval's annotations, arenas. What the fields of a row
are called says the card::

    [form]
    id = ["question_id"]                             # they name the question; without them its text does
    question = ["instruction"]                       # its text, where a row has it
    systems = ["model_a", "model_b"]                 # who answered
    answers = ["conversation_a", "conversation_b"]   # what, where a row has it: texts, or messages
    turn = "turn"                                    # which answer of a conversation was judged, from 1
    voter = "judge"                                  # without one, votes on a pair are numbered
    gold = ["expert_"]                               # how the voters begin whose votes are gold; by default all
    vote = "winner"
    between = [1, 2]                                 # a judge's may lie between: 1 and the probability of the second
    subset = ["turn"]
    attributes = ["category"]
    reference = "model"                              # of what kind reference answers are
    [form.words]
    model_a = "A"                                    # what a vote means; nothing where there is none

    [form.baseline]                                  # rows are one model's answers, another's are in a further table:
    part = "baseline"                                # it is the first of each pair
    answer = "output"
    system = "generator"

    [form.games]                                     # files in which a row holds a judge's verdicts in both orders:
    systems = ["model_1", "model_2"]                 # who answered, as they stood in the first game
    votes = ["g1_winner", "g2_winner"]               # who won it, and the game with the two exchanged
    texts = ["g1_judgment", "g2_judgment"]           # the judge's words

``gold = "nobody"`` reads pairs to be judged: the votes in the file, if it has some, are a judge's. Texts that a row
doesn't have come from further tables (`judgebench.tasks.readers.fastchat`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import Item, Label, Reply, Response, Status, Turn, digest
from judgebench.domain.items import UNANSWERED
from judgebench.errors import DataError
from judgebench.labels.vocabulary import number_of
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import answer_at, is_chat, turns_of
from judgebench.tasks.forms import filled
from judgebench.tasks.readers.fastchat import Texts
from judgebench.tasks.recordings import Recording, picked
from judgebench.tasks.texts import TEXTLESS, turn_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

_ORDER = (0, 1)
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The further table of one model's answers, and its fields."""

    part: str
    answer: str
    system: str


@dataclass(frozen=True, slots=True)
class Form:
    """What the fields of a row are called, as the card says it."""

    vote: str
    id: tuple[str, ...] = ()
    question: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    turn: str = ""
    voter: str = ""
    gold: tuple[str, ...] = ()
    between: tuple[float, ...] = ()
    subset: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    reference: str = "human"
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    baseline: Baseline | None = None
    games: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @classmethod
    def of(cls, table: TomlTable) -> Form:
        """Take the card's ``[form]``; DataError where it says what nobody reads."""
        between: list[Any] = table.take("between", list, [])
        baseline, games = table.table("baseline"), table.table("games")
        form = filled(
            cls,
            table,
            between=tuple(float(end) for end in between),
            # A word that means nothing is no verdict.
            words=table.texts_by_name("words", ""),
            baseline=filled(Baseline, baseline) if baseline.data else None,
            games={key: games.texts(key) for key in (("systems", "votes", "texts") if games.data else ())},
        )
        baseline.done()
        games.done()
        twos = {"systems": form.systems, "answers": form.answers, "between": form.between}
        for name, found in (*twos.items(), *((f"games.{key}", both) for key, both in form.games.items())):
            if found and len(found) != len(_ORDER):
                table.fail(name, f"a pair has two, got {len(found)}")
        if not form.id and not (form.question and form.answers):
            table.fail("id", "name the fields that name the question (id), or those with the texts (question, answers)")
        table.done()
        return form

    @property
    def judged_only(self) -> bool:
        """Whether nobody's vote is gold."""
        return self.gold == (_NOBODY,)

    def is_game(self, row: Row) -> bool:
        """Whether a row holds the verdicts of two games, and none of both together."""
        return bool(self.games) and self.vote not in row.data and self.games["votes"][0] in row.data

    def voter_of(self, row: Row) -> str:
        """Name who voted; empty where nobody is named. A list is a model with the name of its prompt."""
        said: Any = row.data.get(self.voter) if self.voter else None
        if isinstance(said, list) and said and self.is_game(row):
            # One judge has a prompt for each kind of question.
            return str(said[0])
        return " ".join(map(str, said)) if isinstance(said, list) else str(said if said is not None else "").strip()

    def turn_of(self, row: Row) -> int:
        """Say which answer was judged."""
        return turn_in(row, self.turn) if self.turn else 1


class Key(NamedTuple):
    """What a row is about, whichever of the two came first in it; ``flipped`` says that the second did."""

    name: str
    cluster: str
    flipped: bool

    @classmethod
    def of(cls, row: Row, form: Form) -> Key:
        """Name a pair by its question, turn and systems, or by its texts where no field names the question."""
        if form.id:
            cluster, sides = "/".join(row.name(one) for one in form.id), [row.name(one) for one in form.systems]
        else:
            cluster = f"q-{digest([row.data.get(one) or '' for one in form.question], 16)}"
            sides = [digest(_text(row, one), 8) for one in form.answers]
        flipped = sides != sorted(sides)
        turn = (f"turn {form.turn_of(row)}",) if form.turn else ()
        return cls("/".join((cluster, *sorted(sides), *turn)), cluster, flipped)


class Reader(base.Reader):
    """Reads votes as gold, or as the recorded verdicts of the voters in a file of the same form."""

    def __init__(self, card: Any, split: str) -> None:
        super().__init__(card, split)
        self._said = Form.of(self.form)
        self.needs_gold = not self._said.judged_only
        # Rows of votes may have an id, too.
        self.recorded_fields = frozenset({self._said.vote, *self._said.games.get("votes", ())})

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per pair, question and turn, in the order of the rows."""
        form = self._said
        pairs: dict[str, tuple[Key, Row, list[Label]]] = {}
        votes: Counter[tuple[str, str]] = Counter()
        for row in source.rows() if form.baseline is None else _against(source, form, form.baseline):
            key, voter = Key.of(row, form), form.voter_of(row)
            if not form.judged_only and form.gold and not voter.startswith(form.gold):
                continue
            _, _, gold = pairs.setdefault(key.name, (key, row, []))
            if not form.judged_only:
                code = self._vote(row, flipped=key.flipped).code
                votes[key.name, voter] += 1
                # Who voted twice on a pair has two votes.
                number = votes[key.name, voter]
                who = voter if number == 1 else f"{voter} ({number})"
                gold.append(Label(who if voter else f"vote {number}", code))
        if not pairs:
            wanted = ", ".join(f"{one}..." for one in form.gold)
            raise DataError(f"no vote is by {wanted}", file=source.name, field=form.voter)
        texts = Texts.of(source)
        for key, row, gold in pairs.values():
            yield Located(self._item(key, row, gold, texts), row)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one voter's verdicts; those on pairs that the split doesn't have are left out."""
        form, names = self._said, self.judges(source)
        who = picked(column, names, source.name) if names else ""
        replies: Replies = {}
        seen: set[str] = set()
        for row in source.rows():
            if names and form.voter_of(row) != who:
                continue
            game = form.is_game(row)
            key = Key.of(row, replace(form, systems=form.games["systems"]) if game else form)
            if key.name in seen:
                row.fail(f"{who or 'the judge'} has a second verdict on {key.name}", None if game else form.vote)
            seen.add(key.name)
            said = self._games(row, flipped=key.flipped) if game else {_ORDER: self._vote(row, flipped=key.flipped)}
            if key.name in items:
                replies |= {(key.name, order): reply for order, reply in said.items()}
        if not replies:
            raise DataError(f"none of its {len(seen)} pairs is one of {self.card.name}:{self.split}", file=source.name)
        return Recording(who, replies, tuple(sorted({order for _, order in replies})))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the voters."""
        return {name: name for row in source.rows() if (name := self._said.voter_of(row))}

    def _games(self, row: Row, *, flipped: bool) -> dict[tuple[int, ...], Reply]:
        """Read two games, each as it was shown: the votes name the same side by the same word in both."""
        votes, texts = self._said.games["votes"], self._said.games["texts"]
        orders = [_ORDER[::-1], _ORDER] if flipped else [_ORDER, _ORDER[::-1]]
        return {
            order: replace(self._vote(row, flipped=place > 0, field=votes[place]), text=str(row.data.get(text) or ""))
            for place, (order, text) in enumerate(zip(orders, texts, strict=True))
        }

    def _vote(self, row: Row, *, flipped: bool, field: str = "") -> Reply:
        """Read a vote: one of the card's words, nothing, or a number between the two sides."""
        field = field or self._said.vote
        form, said = self._said, row.require(field)
        if said is None or said == "":
            return Reply(Status.UNPARSED)
        number = float(said) if isinstance(said, (int, float)) and not isinstance(said, bool) else None
        word = f"{number:g}" if number is not None else str(said).strip()
        if (meaning := form.words.get(word)) is not None:
            if not meaning:
                return Reply(Status.UNPARSED, text=str(said))
            code = self.scale.code(meaning)
            if not isinstance(code, int):
                row.fail(f"the card's word for {word!r}, {meaning!r}, is not on the scale {self.scale.spec}", field)
            return Reply.ok(self.scale.undo(code, (1, 0)) if flipped else code, text=str(said))
        first, second = form.between or (0.0, 0.0)
        number = number_of(word) if number is None else number
        if number is None or not first < number < second:
            more = f", or a number from {first:g} to {second:g}" if form.between else ""
            row.fail(f"expected one of {', '.join(map(repr, form.words))}{more}, got {said!r}", field)
        share = (number - first) / (second - first)
        share = 1 - share if flipped else share
        words = {"A": 1 - share, "B": share}
        best = max(words, key=words.__getitem__) if share != 0.5 else "tie"
        code = self.scale.code(best)
        if not isinstance(code, int):
            row.fail(f"a tie, {said!r}, is not on the scale {self.scale.spec}", field)
        return Reply.ok(code, probabilities=tuple(words.get(label, 0.0) for label in self.scale.labels), text=str(said))

    def _item(self, key: Key, row: Row, gold: Sequence[Label], texts: Texts) -> Item:
        form, turn = self._said, self._said.turn_of(row)
        systems = [str(row.data.get(one) or "") for one in form.systems] or ["", ""]
        if form.answers and all(row.data.get(one) is not None for one in form.answers):
            shown = [_shown(row, one, form, turn) for one in form.answers]
            if shown[0][0] != shown[1][0]:
                row.fail("the two conversations begin differently", form.answers[1])
        else:
            shown = [texts.shown(key.cluster, system, turn) for system in systems]
        asked = shown[0][0]
        responses = [
            Response(said[-1].text if said else "", system or None, turns=said if len(said) > 1 else ())
            for system, (_, said) in zip(systems, shown, strict=True)
        ]
        facts = {one: texts.fact(key.cluster, one, row) for one in form.attributes}
        attributes = [(name, str(fact)) for name, fact in facts.items() if fact is not None]
        if not asked or not all(said for _, said in shown):
            attributes.append(UNANSWERED)
        return Item(
            id=key.name,
            conversation=asked or (Turn.of("user", TEXTLESS),),
            responses=tuple(reversed(responses) if key.flipped else responses),
            gold=tuple(gold),
            gold_source=self.gold_source,
            cluster=key.cluster,
            subset=" / ".join(f"turn {turn}" if one == form.turn else row.name(one) for one in form.subset),
            references=texts.references(key.cluster, turn, form.reference),
            attributes=tuple(sorted(attributes)),
        )


def _against(source: Source, form: Form, baseline: Baseline) -> Iterator[Row]:
    """Put the baseline's answer beside each of a model's, found by the texts of the question."""
    answer, system = baseline.answer, baseline.system

    def asked(row: Row) -> tuple[str, ...]:
        return tuple(row.text(one) for one in form.question)

    first = {asked(row): row for row in source.rows(baseline.part)}
    for row in source.rows():
        if (other := first.get(asked(row))) is None:
            row.fail(f"its {baseline.part} table has no answer to this question", form.question[0])
        sides = dict(zip(form.answers, (_text(other, answer), _text(row, answer)), strict=True))
        who = (
            dict(zip(form.systems, (other.data.get(system), row.data.get(system)), strict=True)) if form.systems else {}
        )
        yield replace(row, data={**row.data, **sides, **who})


def _text(row: Row, name: str) -> str:
    """Take an answer, which may be null where a model gave none."""
    return "" if row.require(name) is None else row.text(name)


def _shown(row: Row, name: str, form: Form, turn: int) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    """Read one side: what was asked before any answer, and what came then, up to the answer that was judged."""
    if not is_chat(row.data[name]):
        asked = "\n\n".join(text for one in form.question if (text := str(row.data.get(one) or "")).strip())
        return (Turn.of("user", asked),), (Turn.of("assistant", _text(row, name)),)
    turns = turns_of(row, name, None)
    last, first = (answer_at(row, name, turns, number) for number in (turn, 1))
    return turns[:first], turns[first : last + 1]
