"""Judge cards by name: ``CARD[/LAYOUT][:MODEL]``, where CARD may be a file of one's own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.errors import UnknownNameError, UsageError, argument, not_parsed
from judgebench.files.content import small_file
from judgebench.judges.cards import card_names, load_card
from judgebench.judges.cards.judge import CardJudge, layout_for
from judgebench.judges.cards.template import Template
from judgebench.judges.own_text import own_text
from judgebench.judges.prompts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Judge, Scale
    from judgebench.judges.cards.card import Card, Layout
    from judgebench.judges.llm import LLMJudge

_FUNCTION = re.compile(r"[A-Za-z_]\w*")


class Carded(NamedTuple):
    """A card as it was named: its layout, empty where the scale chooses, and the model that it asks."""

    card: Card
    name: str
    model: str

    def judge(self, scale: Scale, settings: Any, ask: Callable[[str, Any], LLMJudge | None]) -> CardJudge:
        """Make its judge for a scale; ``settings`` are `catalog.JudgeSettings`, ``ask`` makes one that asks a model.

        UsageError where the card can't be asked so.
        """
        card = self.card.name
        if given := [
            name for name in ("form", "samples", "samples_by", "protocol") if getattr(settings, name) is not None
        ]:
            raise UsageError(f"judge card {card} says itself how it is asked and read: no {argument(given[0])}")
        layout = self.layout(scale, settings.prompt)
        free = {"temperature": settings.temperature == "default", "max_tokens": settings.max_tokens is None}
        said = {name: value for name, value in layout.sampling if free.get(name)}
        made = ask(self.model, replace(settings, prompt=None, parser=None, **said))
        if made is None:
            raise UnknownNameError(
                "model",
                self.model,
                (),
                f"({card} is a judge card, and behind its colon stands a model: gpt-… or BACKEND/MODEL, as "
                f"server/MODEL; for a function of a module named {card} that module's file has to lie here)",
            )
        if layout.raw and "completions" not in made.model.can:
            raise UsageError(
                f"judge card {card} writes a raw prompt, which must not go through a chat template, and "
                f"{made.model.name} has no completions endpoint: name server/MODEL, with {argument('base_url')}, or "
                "hf/MODEL"
            )
        return CardJudge(self.card, layout, made.model, made.of_model, settings.parser or "published")

    def layout(self, scale: Scale, prompt: str | None) -> Layout:
        """Find the layout for a scale, with the text of a file in place of ours where there is one."""
        found = layout_for(self.card, scale, self.name)
        return found if prompt is None else _reworded(found, Path(prompt))


def model_of(spec: str, judge: Judge) -> str:
    """Name the model behind a judge card that chats; any other judge by itself."""
    carded = named(spec) if isinstance(judge, CardJudge) and not judge.layout.raw else None
    return spec if carded is None else carded.model


def named(spec: str) -> Carded | None:
    """Read a judge's name as that of a card; None where it is none.

    A card goes before a module of one's own of the same name, unless that module's file lies here.
    """
    # A file's own name may hold a slash, and a colon on some systems.
    file = re.fullmatch(r"(.*\.toml)(?:#([^:]*))?(?::(.*))?", spec, re.DOTALL)
    if file is not None:
        if not (file[2] or file[3]) and not _is_card(Path(spec)):
            return None
        return _carded(load_card(file[1]), file[2] or "", file[3] or "")
    head, colon, model = spec.partition(":")
    name, _, layout = head.partition("/")
    if name not in card_names():
        return None
    module = Path(f"{name}.py").is_file() or Path(name, "__init__.py").is_file()
    if colon and not layout and module and _FUNCTION.fullmatch(model):
        return None
    return _carded(load_card(name), layout, model)


def _carded(card: Card, layout: str, model: str) -> Carded:
    if not model and not card.models:
        raise UsageError(f"judge card {card.name} names no model: write {card.file or card.name}:BACKEND/MODEL")
    return Carded(card, layout, model or card.models[0][0])


def _is_card(path: Path) -> bool:
    """Whether a file is a card, and not a judge file; what can't be read is said elsewhere."""
    try:
        return "layouts" in tomllib.loads(small_file(path).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False


def _reworded(layout: Layout, path: Path) -> Layout:
    """Put a file's text in place of the templates: the original's words, with the slots of cards."""
    text = own_text(path, argument("prompt"))
    try:
        data: dict[str, Any] = {} if path.suffix.lower() in TEXTS else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{argument('prompt')} {path} is not TOML: {not_parsed(error)}") from None
    if path.suffix.lower() in TEXTS:
        data = {"raw" if layout.raw else "user": text}
    unknown = sorted(set(data) - set(layout.texts))
    wrong = [name for name, value in data.items() if not isinstance(value, str)]
    if unknown or wrong or not data or ("raw" in data) != bool(layout.raw):
        wanted = "raw" if layout.raw else "user (and system)"
        raise UsageError(
            f"{argument('prompt')} {path}: layout {layout.name!r} takes {wanted} as text, and nothing else"
        )
    for template in data.values():
        Template.of(template)
    return replace(layout, name=f"{layout.name}, {path.stem}", **{name: data.get(name, "") for name in layout.texts})
