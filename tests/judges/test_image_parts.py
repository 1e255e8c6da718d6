"""Images in the bodies of requests: each backend's own encoding, in place among the words, by servers that look."""

from __future__ import annotations

import base64
import importlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from judges.test_llm_backends import BACKENDS, _keys, ask, build  # noqa: F401 - a fixture
from pictures import jpeg, png

from judgebench.api.planning import Showing, plan_run
from judgebench.domain import Case, ImageLimits, Item, Message, Part, Request, Response, Scale, Status, Turn
from judgebench.errors import DataError, RejectedError, UsageError
from judgebench.judges.images import image_url, picture
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from servers.fake_llm import FakeLLM

    from judgebench.domain import Completion

RED, BLUE = png(), png(3, (30, 60, 200))
WEB = "https://pictures.example/x.png"


def data(content: bytes, said: str = "image/png") -> str:
    return f"data:{said};base64,{base64.b64encode(content).decode()}"


def told(part: dict[str, Any]) -> object:
    """Say what a part of a body is: its words, an address, or the media type and bytes of an image."""
    if part["type"] == "text":
        return part["text"]
    if part["type"] == "image_url":
        url = part["image_url"]["url"]
        if not url.startswith("data:"):
            return url
        media, _, code = url.removeprefix("data:").partition(";base64,")
    else:
        source = part["source"]
        if source["type"] == "url":
            return source["url"]
        assert source["type"] == "base64"
        media, code = source["media_type"], source["data"]
    return media, base64.b64decode(code, validate=True)


def item(folder: Path) -> Item:
    """Make an item with images in an earlier turn, in the question, and in the answers, one of several turns."""
    (folder / "red.png").write_bytes(RED)
    (folder / "blue.png").write_bytes(BLUE)
    turns = (
        Turn("user", (Part("Before."), Part(image=str(folder / "red.png")), Part("Between."))),
        Turn.of("assistant", "I see."),
        # Two in a row; what the second says of itself is wrong, and APIs would refuse it.
        Turn("user", (Part(image=data(jpeg(), "image/png")), Part(image=WEB), Part("After."))),
    )
    several = (
        Turn("assistant", (Part("Look:"), Part(image=str(folder / "blue.png")))),
        Turn.of("user", "And?"),
        Turn("assistant", (Part(image=data(RED, "text/plain")), Part("Done."))),
    )
    first = Response("One.", images=(data(BLUE, ""),))
    return Item("i", turns, (first, Response("Done.", turns=several)), (), "human", context=("A document.",))


#: What an item's request shows, in order: words that come somewhere in a text part, or an image.
SHOWN: Sequence[object] = (
    "A document.", "Before.", ("image/png", RED), "Between.", "I see.", ("image/jpeg", jpeg()), WEB, "After.", "One.",
    ("image/png", BLUE), "Look:", ("image/png", BLUE), "And?", ("image/png", RED), "Done.",
)  # fmt: skip


def in_order(parts: Sequence[object]) -> bool:
    """Whether parts hold all that is to be shown, one after the other, and no other image."""
    words = [one if not isinstance(one, str) or one == WEB else None for one in parts]
    if [one for one in words if one] != [one for one in SHOWN if not isinstance(one, str) or one == WEB]:
        return False
    at, begun = 0, 0
    for wanted in SHOWN:
        while at < len(parts):
            part = parts[at]
            if isinstance(wanted, str) and wanted != WEB and isinstance(part, str):
                found = part.find(wanted, begun)
                if found >= 0:
                    begun = found + len(wanted)
                    break
            elif part == wanted:
                at, begun = at + 1, 0
                break
            at, begun = at + 1, 0
        else:
            return False
    return True


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_backend_writes_images_in_its_own_way(fake_llm: FakeLLM, backend: str, tmp_path: Path) -> None:
    (reply,) = ask(build(backend, fake_llm.anthropic_url), Case(item(tmp_path), (0, 1)))
    assert reply.status is Status.OK
    [user] = [one for one in fake_llm.requests[0].body["messages"] if one["role"] == "user"]
    own = {part["type"] for part in user["content"]}
    assert own == {"text", "image" if backend == "anthropic" else "image_url"}
    assert in_order([told(part) for part in user["content"]])
    # No API takes a block of blanks, or an image in the system's message.
    assert all(part["text"].strip() for part in user["content"] if part["type"] == "text")


@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_a_batch_holds_the_same_parts(api: str, fake_llm: FakeLLM, tmp_path: Path) -> None:
    judge = build(api, fake_llm.anthropic_url)
    requests = next(judge.steps(Case(item(tmp_path), (0, 1)), Scale.pair()))
    batch = judge.model.batch
    assert batch is not None
    line = json.loads(batch.encode("c1", requests[0]))
    body = line["params"] if api == "anthropic" else line["body"]
    assert in_order([told(part) for part in body["messages"][-1]["content"]])


def test_an_image_is_what_its_bytes_are() -> None:
    for uri in (
        data(RED, "image/jpeg"), data(RED, ""), data(RED, "image/png;charset=x"),
        f"data:image/png;BASE64,{base64.b64encode(RED).decode()[:20]}\n{base64.b64encode(RED).decode()[20:]}",
        "data:image/png," + "".join(f"%{byte:02x}" for byte in RED),
    ):  # fmt: skip
        assert image_url(uri) == data(RED)
    assert image_url(WEB) == WEB
    assert picture(WEB) is None


@pytest.mark.parametrize("uri", ["data:", "data:image/png", "data:image/png;base64,!!", data(b"ssh-rsa AAAA")])
def test_what_is_no_image_is_none_in_a_uri_too(uri: str) -> None:
    with pytest.raises(RejectedError, match="can't be read"):
        picture(uri)


def test_an_image_in_the_systems_message_is_not_lost_silently(fake_llm: FakeLLM) -> None:
    judge = build("anthropic", fake_llm.anthropic_url)
    said = (Message("system", (Part(image=data(RED)),)), Message.of("user", "?"))
    made = importlib.import_module("judgebench.judges.backends.anthropic").AnthropicBackend
    body = made("m", base_url=None, temperature=None, max_tokens=9, timeout=1, seed=None)
    with pytest.raises(RejectedError, match="system"):
        body.params(Request(judge.name, said))


class Task:
    """A task of items in memory."""

    name, revision, scale = "pictured", "1", Scale.pair()

    def __init__(self, *items: Item) -> None:
        self._items = items

    def items(self) -> Sequence[Item]:
        return self._items


def pictured(*images: str, name: str = "i", response: str = "") -> Item:
    first = Response("a", images=(response,) if response else ())
    turn = Turn("user", (Part("?"), *(Part(image=one) for one in images)))
    return Item(name, (turn,), (first, Response("b")), (), "human")


def planned(judge: LLMJudge, *items: Item, probe: str | None = None) -> Any:
    return plan_run(Task(*items), judge.serving(Scale.pair()), Showing(probe=probe))[0]


@pytest.mark.parametrize(
    ("images", "limits", "says"),
    [
        ([data(RED), data(b"BM" + RED)], {"kinds": ("png",)}, "is a bmp, and it takes png"),
        ([data(png(500))], {"size": 200}, r"has .* in base64, and it takes"),
        ([data(RED)] * 3, {"count": 2}, "3 images in one request, and it takes 2"),
        ([data(RED)] * 3, {"together": 250}, "of images in one request"),
    ],
)
def test_what_an_api_would_refuse_is_said_before_anything_is_asked(
    fake_llm: FakeLLM, images: list[str], limits: dict[str, Any], says: str
) -> None:
    judge = build("openai", fake_llm.openai_url)
    roomy = ImageLimits(("png", "jpeg"), size=10**6, together=10**6, count=9)
    judge.model.images = replace(roomy, **limits)
    with pytest.raises(DataError, match=rf"pictured, item 'i2': openai/m .*{says}.*\(and 1 more of its 3 items\)"):
        planned(judge, pictured(data(RED), name="i1"), pictured(*images, name="i2"), pictured(*images, name="i3"))
    judge.model.images = roomy
    assert planned(judge, pictured(data(RED))).items == 1
    assert fake_llm.requests == []


def test_the_apis_own_limits_are_known(fake_llm: FakeLLM) -> None:
    large = data(jpeg(b"x" * (8 << 20)))
    with pytest.raises(DataError, match=r"anthropic/m .*10\.7 MiB in base64, and it takes 10\.0 MiB"):
        planned(build("anthropic", fake_llm.anthropic_url), pictured(large))
    assert planned(build("openai", fake_llm.openai_url), pictured(large)).items == 1
    for backend in ("openai", "anthropic"):
        with pytest.raises(DataError, match="is a tiff"):
            planned(build(backend, fake_llm.anthropic_url), pictured(data(b"II*\0...")))
    # What one's own server takes, nobody knows.
    assert planned(build("server", fake_llm.anthropic_url), pictured(data(b"II*\0..."))).items == 1


def test_an_image_that_is_none_is_said_before_anything_is_asked(fake_llm: FakeLLM) -> None:
    judge = build("server", fake_llm.anthropic_url)
    with pytest.raises(DataError, match=r"'i': image 'gone\.png' can't be read: No such file"):
        planned(judge, pictured("gone.png"))
    with pytest.raises(DataError, match=r"'i': image 'data:text/plain,hello' can't be read: it holds no image"):
        planned(judge, pictured(response="data:text/plain,hello"))
    assert fake_llm.requests == []


async def _never(_: Request) -> Completion:
    raise AssertionError("it was asked")


def test_a_judge_that_can_not_see_says_so_before_the_first_call() -> None:
    blind = LLMJudge(Model("texts", _never, can=frozenset()), prompt=None, settings={})
    with pytest.raises(UsageError, match=r"texts reads no images, and 1 of 2 items of pictured show some"):
        planned(blind, pictured(), pictured(data(RED), name="j"))
    assert planned(blind, pictured()).items == 1


def test_a_blind_judge_judges_without_images_and_a_caption_stands_in_for_one() -> None:
    blind = LLMJudge(Model("texts", _never, can=frozenset()), prompt=None, settings={})
    shown = replace(pictured(data(RED), WEB, response=data(BLUE)), attributes=(("caption", "A red square."),))
    plan = planned(blind, pictured(name="plain"), shown, probe="blind")
    assert (plan.run.probe, plan.total) == ("blind", 2)
    cases = list(plan.cases())
    # An item without images is none for this probe, and its text is what it was.
    assert {case.item.id for case in cases} == {"i"}
    assert not list(cases[0].item.images)
    assert cases[0].item.question == shown.question
    with pytest.raises(DataError, match="in its answers, of which no caption tells"):
        planned(blind, shown, probe="captions")
    asked = replace(shown, responses=(Response("a"), Response("b")))
    [case, _] = planned(blind, asked, probe="captions").cases()
    assert case.item.question == "?\n(An image, in words: A red square.)"
    with pytest.raises(DataError, match="'i' has an image and no caption"):
        planned(blind, pictured(data(RED)), probe="captions")
    with pytest.raises(UsageError, match="probe 'blind' finds nothing to change"):
        planned(blind, pictured(), probe="blind")
