"""Items that name files as images: those of their own task are sent, the person's others are not."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from judges.test_llm_backends import ask, build
from pictures import png
from servers.raw import Raw, answer, chat

from judgebench.api.planning import Showing, plan_run
from judgebench.domain import Case, Item, Label, Part, Response, Scale, Turn
from judgebench.errors import DataError, RejectedError
from judgebench.judges.baselines import create as baseline
from judgebench.view.labelling import shown

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.run.plans import Plan

PNG = b"\x89PNG\r\n\x1a\n"


def naming(image: str, where: str) -> Item:
    """Make an item that names an image in one of the places that hold some."""
    turn = Turn("user", (Part("?"), Part(image=image)))
    asked = turn if where == "conversation" else Turn.of("user", "?")
    first = Response("a", images=(image,) if where == "response" else (), turns=(turn,) if where == "turns" else ())
    return Item("i1", (asked,), (first, Response("b")), (Label("h", 0),), "human")


class Own:
    """A task of one's own."""

    name, revision, scale = "own", "1", Scale.pair(3)

    def __init__(self, item: Item, folder: Path | None) -> None:
        self.folder = folder
        self._item = item

    def items(self) -> list[Item]:
        return [self._item]


def planned(item: Item, folder: Path | None) -> list[Plan]:
    task = Own(item, folder)
    return plan_run(task, baseline("first", seed=0, items=task.items, scale=task.scale), Showing())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "task"
    (made / "images").mkdir(parents=True)
    (made / "images" / "own.png").write_bytes(PNG)
    (tmp_path / "private.png").write_bytes(PNG)
    (tmp_path / "task-2.png").write_bytes(PNG)
    (made / "link.png").symlink_to(tmp_path / "private.png")
    return made


@pytest.mark.parametrize("where", ["conversation", "response", "turns"])
def test_an_item_can_not_name_what_is_not_its_tasks(where: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for image in ("images/own.png", str(folder / "images" / "own.png"), "https://x.example/y.png", "data:image/png,x"):
        assert planned(naming(image, where), folder)
    private = str(folder.parent / "private.png")
    outside = ["../private.png", private, "link.png", "/etc/passwd", "../task-2.png", "/dev/zero"]
    for image in (*outside, "images/../../private.png"):
        with pytest.raises(DataError, match=r"'i1'.*own files are in"):
            planned(naming(image, where), folder)
    # Of data that were fetched, no file of this machine is the task's.
    with pytest.raises(DataError, match="come from elsewhere"):
        planned(naming("images/own.png", where), None)


def test_what_is_no_image_is_not_sent(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "key.png").write_text("ssh-rsa AAAA")
    with (tmp_path / "large.png").open("wb") as file:
        file.write(PNG)
        file.truncate(21 << 20)
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes(png()[:40])
    names = [str(tmp_path / f"{name}.png") for name in ("pipe", "key", "large", "empty", "cut")]
    names.append("data:image/png;base64,@@@")
    with Raw(lambda _: answer(chat("[[A]]"))) as server:
        for image in (*names, "/dev/zero", "/dev/stdin", str(tmp_path), "a\0.png", "x" * 5000, "\ud800.png"):
            with pytest.raises(RejectedError, match="can't be read"):
                ask(build("server", server.url), Case(naming(image, "conversation"), (0, 1)))
    assert server.requests == []


def test_a_pipe_or_a_device_holds_up_neither_keys_nor_the_label_page(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    done: list[object] = []

    def work() -> None:
        for image in (str(tmp_path / "pipe.png"), "/dev/zero"):
            item = naming(image, "response")
            done.append((Case(item, (0, 1)).key, shown(item, Scale.pair(3), (0, 1), "none")))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)
    assert len(done) == 2
