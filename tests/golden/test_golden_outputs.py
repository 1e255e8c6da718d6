"""What the commands print on samples is what they printed when `python tests/golden --keep` was last run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from golden.against import Change, explain, read_changes
from golden.commands import SAMPLES
from golden.outputs import digests, play
from golden.wrong import COMMANDS

from judgebench.api.tables import flags

KEPT: dict[str, str] = json.loads((Path(__file__).parent / "samples.json").read_text("utf-8"))
HELD = [scene for scene in SAMPLES if not scene.foreign]
HOW = "see the difference with `python tests/golden --against REV`; meant? list it in changes.toml and run `--keep`"
#: What no scene can give: servers, clusters and providers' keys, or a command that never ends.
OUT_OF_REACH = {
    "run": {"--connect-timeout", "--first-byte-timeout", "--tpm", "--poll", "--wait", "--no-wait", "--batch-size", "--workers",
            "--ray-address", "--data", "--again", "--paraphrases", "--paraphraser"},
    "probe": {"--detect", "--similarity", "--alike-from", "--rating-col"},
    "compare": {"--part"},
    "doctor": {"table"},
    "view": {"--rubric", "--task", "--labels", "--limit", "--both-orders", "--seed", "--policy", "--host", "--port", "--open", "--config",
             "--csv"},
    "gate": {"--labels-mode"},
    "reproduce": {"--task", "--output", "--config"},
    "results": {"--data", "--output", "--config"},
    "init": {"--config"},
}  # fmt: skip


@pytest.mark.parametrize("scene", HELD, ids=lambda scene: scene.name)
def test_outputs_are_those_that_were_kept(scene, tmp_path: Path) -> None:
    found = digests(play(scene, tmp_path))
    kept = {name: digest for name, digest in KEPT.items() if name.startswith(f"{scene.name}/")}
    assert found.keys() == kept.keys(), f"other outputs than were kept; {HOW}"
    assert not (changed := sorted(name for name in kept if found[name] != kept[name])), f"{changed} changed; {HOW}"


def test_no_output_is_kept_that_nothing_gives() -> None:
    names = {scene.name for scene in HELD}
    assert not [name for name in KEPT if name.partition("/")[0] not in names]


def test_every_option_and_form_of_every_command_is_used(tmp_path: Path) -> None:
    [click] = [scene for scene in SAMPLES if scene.name == "click"]
    helped = {name: text.decode() for name, text in play(click, tmp_path).items() if "/help" in name}
    listed = re.findall(r"^  ([a-z][a-z-]*)  ", helped["click/help.txt"], re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    lines = [step.argv for scene in SAMPLES for step in scene.steps if step.argv]
    # One reader stands behind the columns of every command's table.
    shared = set(flags().values()) & {part for line in lines for part in line}
    unused: dict[str, set[str]] = {}
    for command in COMMANDS:
        # What `run` takes, these hand on to it.
        kin = {command, "run"} if command in {"probe", "validate-judge"} else {command}
        used = {part for line in lines if line[0] in kin for part in line}
        text = helped[f"click/help-{command}.txt"]
        options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)) - {"--help"}
        unused[command] = options - used - shared
        if "--format" in used and (choices := re.search(r"--format\s+<([a-z|]+)>", text)):
            unused[command] |= (
                set(choices[1].split("|")) - used - {"html", "tex"}
            )  # tests/report holds these of every document
        unused[command] -= set().union(*(OUT_OF_REACH.get(one, set()) for one in kin))
    unused = {command: left for command, left in unused.items() if left}
    assert not unused, unused


def test_a_change_explains_what_it_says_and_no_more() -> None:
    read_changes()
    word = Change("score/*", "plainer", replace=[["is no run", "is not a run"]])
    assert explain("score/a.txt", b"x is no run\n", b"x is not a run\n", [word]) == [word]
    assert not explain("score/a.txt", b"x is no run: .5\n", b"x is not a run: .6\n", [word])
    assert not explain("gate/a.txt", b"x is no run\n", b"x is not a run\n", [word])
    assert not explain("score/a.txt", None, b"x", [word])
    assert explain("b", None, b"x", [Change("b", "an analysis more", new=True)])
    more = Change("b", "a field more", added=r"\n *more")
    assert explain("b", b"x\n", b"x\n  more\n", [more]) == [more]
    assert not explain("b", b"x\n", b"y\n  more\n", [more])
    with pytest.raises(ValueError, match="one of"):
        Change("b", "whatever")
