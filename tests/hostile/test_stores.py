"""Stores that were edited, swapped, linked elsewhere, copied, written by another version, or killed in mid-write."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hostile.damage import BASELINE, LABELS, edit, flips, meaning, whole
from stored_cases import RUN, case, edited, some, verdict

from judgebench.domain import Reply, Scale, Usage
from judgebench.errors import DataError
from judgebench.files.seals import sealed, unsealed
from judgebench.run.dialogue import checked
from judgebench.store.lines import PACKED, VERDICTS, encode
from judgebench.store.marks import NOTED, REFRESHED, SETTLED, write_mark
from judgebench.store.runs import MANIFEST, find_runs, read_run
from judgebench.store.upkeep import pack, repair
from judgebench.store.verify import verify
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Bits that are turned over, in all files together; by hand thousands (`docs/reference/store.md`).
FLIPS = int(os.environ.get("JUDGEBENCH_FLIPS", "160"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return whole(tmp_path / "runs")


def everything(root: Path) -> dict[str, bytes]:
    """Read all files under a folder; what a lock leaves behind holds nothing."""
    return {str(file): file.read_bytes() for file in root.rglob("*") if file.is_file() and file.name != ".lock"}


# --- what was changed ------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_no_bit_that_was_turned_over_changes_what_is_read_unseen(tmp_path: Path, packed: bool) -> None:
    whole(tmp_path, packed=packed)
    before = meaning(tmp_path)
    found, wrong = flips(tmp_path, FLIPS, seed=13 + packed)
    assert wrong == []
    assert found.total() == FLIPS
    assert meaning(tmp_path) == before
    if FLIPS > 1000:
        sys.stdout.write("".join(f"{name} {what}: {count}\n" for (name, what), count in sorted(found.items())))


BY_HAND: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "judge": lambda _: {"judge": "gpt-9"},
    "gold source": lambda _: {"gold_source": "expert"},
    "revision": lambda _: {"revision": "r2"},
    "scale": lambda old: {"scale": old["scale"] | {"labels": ["B", "tie", "A"]}},
    "policies": lambda old: {"policies": old["policies"] | {"tie": "drop"}},
    "counts": lambda old: {"counts": old["counts"] | {"cases": 1}},
    "cost": lambda old: {"spent": old["spent"] | {"usd": 0.01}},
    "no seal": lambda _: {"seal": None},
    "another seal": lambda old: {"seal": "0" * len(old["seal"])},
    "kind of seal": lambda _: {"sealed": 2},
}


@pytest.mark.parametrize("how", BY_HAND)
def test_a_manifest_edited_by_hand_is_refused_named_and_can_be_taken_as_it_is(judgebench, path: Path, how: str) -> None:
    file = path / MANIFEST
    edit(file, **BY_HAND[how](json.loads(file.read_text())))
    for command in ("score", "leaderboard", "compare", "report", "show", "pack"):
        done = judgebench(command, path)
        assert (done.code, str(file) in done.err, "--reseal" in done.err) == (3, True, True), (command, done)
    done = judgebench("verify", path)
    assert (done.code, str(file) in done.out) == (3, True), done
    assert judgebench("verify", path, "--repair").code == 3
    done = judgebench("verify", path, "--reseal")
    if how in {"judge", "revision", "scale"}:
        # It is another run now, and its folder must say so.
        told = done.err.split("but of ")[1].split(";")[0]
        path = path.rename(path.with_name(told))
        done = judgebench("verify", path, "--reseal")
    assert done.code in {0, 3} if how == "counts" else done.code == 0, done
    assert judgebench("score", path).code == 0


def test_a_run_command_writes_a_changed_manifest_anew_and_keeps_the_other(path: Path) -> None:
    lines = (path / VERDICTS).read_bytes()
    edit(path / MANIFEST, gold_source="model")
    with RunWriter(path.parent, RUN) as writer:
        assert all(writer.lookup(one.key) for one in some(40) if one.status.value != "failed")
    assert (read_run(path).run.gold_source, (path / VERDICTS).read_bytes()) == ("human", lines)
    [kept] = path.glob("damaged-*.manifest.json")
    assert json.loads(kept.read_text())["gold_source"] == "model"


def _without_a_line(path: Path, _: Path) -> None:
    lines = (path / VERDICTS).read_bytes().splitlines(keepends=True)
    (path / VERDICTS).write_bytes(b"".join(lines[:7] + lines[8:]))


def _with_a_line_more(path: Path, _: Path) -> None:
    lines = (path / VERDICTS).read_bytes().splitlines(keepends=True)
    (path / VERDICTS).write_bytes(b"".join([*lines[:7], lines[6], *lines[8:]]))


def _another_answer(path: Path, _: Path) -> None:
    """Change a verdict, and make its checksum anew."""
    kept = list(read_run(path).verdicts())
    kept[3] = replace(kept[3], text=kept[3].text[::-1])
    (path / VERDICTS).write_bytes(b"".join(map(encode, kept)))


def _another_runs_lines(path: Path, other: Path) -> None:
    shutil.copy(other / VERDICTS, path / VERDICTS)


def _another_runs_manifest(path: Path, other: Path) -> None:
    shutil.copy(other / MANIFEST, path / MANIFEST)


@pytest.mark.parametrize(
    "change", [_without_a_line, _with_a_line_more, _another_answer, _another_runs_lines, _another_runs_manifest]
)
def test_lines_that_do_not_belong_are_refused_and_named(
    judgebench, path: Path, tmp_path: Path, change: Callable[[Path, Path], None]
) -> None:
    other = whole(tmp_path / "other", 60, seed=5)
    if change is _another_runs_manifest:
        other = edited(other, judge="server/other")
    change(path, other)
    done = judgebench("score", path)
    assert (done.code, str(path) in done.err) == (3, True), done
    assert judgebench("verify", path).code == 3


def test_a_packed_file_of_another_run_is_refused_and_named(judgebench, tmp_path: Path) -> None:
    path = whole(tmp_path / "runs", packed=True)
    other = whole(tmp_path / "other", seed=9, packed=True)
    shutil.copy(other / PACKED, path / PACKED)
    done = judgebench("score", path)
    assert (done.code, str(path / PACKED) in done.err) == (3, True), done
    assert judgebench("verify", path).code == 3


def test_a_changed_note_is_named_and_made_anew_and_nothing_that_was_paid_is_moved(judgebench, tmp_path: Path) -> None:
    for name, facts in ((SETTLED, {"bytes": 7}), (NOTED, {"crc32": ["00000000"]}), (REFRESHED, {"finished": False})):
        path = whole(tmp_path / name / "runs", packed=name == NOTED)
        before = list(read_run(path).verdicts())
        edit(path / name, **facts)
        done = judgebench("verify", path)
        assert (done.code, str(path / name) in done.out) == (3, True), done
        assert judgebench("verify", path, "--repair").code == 0
        assert list(read_run(path).verdicts()) == before
        assert len(list(path.glob("damaged-*.jsonl"))) == 0
        # Asked afresh it stays, so that older answers stay out.
        assert read_run(path).refreshed


def test_a_label_that_was_changed_is_refused_and_one_of_ones_own_is_not(tmp_path: Path) -> None:
    whole(tmp_path)
    file = tmp_path / LABELS
    text = file.read_text().replace('"label":"A"', '"label":"B"', 1)
    file.write_text(text)
    with pytest.raises(DataError, match=rf"{LABELS}:1: the checksum does not fit"):
        meaning(tmp_path)
    lines = [{k: v for k, v in json.loads(line).items() if k != "crc"} for line in text.splitlines()]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert [one["label"] for one in meaning(tmp_path)[LABELS]] == ["B", "A", "A"]


# --- of another version ----------------------------------------------------------------------------


@pytest.mark.parametrize("schema", ["judgebench.run/2", "somebody.run/1", 3])
def test_nothing_of_a_run_of_another_version_is_read_or_touched(judgebench, tmp_path: Path, schema: object) -> None:
    words = ("run", "--judge", "baseline/longest", "--task", "pandalm", "--sample", "--limit", "3")
    assert judgebench(*words).code == 0
    [path] = (stored.path for stored in find_runs(tmp_path / "runs"))
    data = unsealed(json.loads((path / MANIFEST).read_text())).data
    (path / MANIFEST).write_text(json.dumps(sealed(data | {"schema": schema})))
    before = everything(tmp_path / "runs")
    writers = [(), ("--refresh",), ("--no-cache",), ("--dry-run",)]
    others = [("score",), ("compare",), ("leaderboard",), ("report",), ("show",), ("publish", "--check"), ("pack",)]
    others += [("pack", "--undo"), ("verify",), ("verify", "--repair"), ("verify", "--reseal")]
    others += [("gate", "--against", "new.json", "--update")]
    for command in [(*words, *more) for more in writers] + [(one[0], path, *one[1:]) for one in others]:
        done = judgebench(*command)
        assert done.code == 3, (command, done)
        assert "this version of judgebench reads" in done.out + done.err, (command, done)
        # `verify` calls the folder RUN, and takes none to run into.
        assert "or run it again into another folder" in done.out + done.err, (command, done)
        assert everything(tmp_path / "runs") == before, command


def test_batches_and_packed_files_and_baselines_of_another_version(judgebench, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    path = whole(tmp_path / "runs", packed=True)
    table = pq.read_table(path / PACKED)
    pq.write_table(table.replace_schema_metadata({"judgebench": "verdicts/2"}), path / PACKED)
    from judgebench.store.parquet import file_checksum

    write_mark(path / NOTED, {"crc32": [file_checksum(path / PACKED)]})
    before = everything(path)
    for command in (("score", path), ("verify", path), ("verify", path, "--repair"), ("pack", path, "--undo")):
        done = judgebench(*command)
        assert (done.code, "verdicts/2" in done.out + done.err) == (3, True), (command, done)
    assert everything(path) == before
    file = tmp_path / "runs" / BASELINE
    edit(file, schema="judgebench.baseline/2")
    text = file.read_bytes()
    run = whole(tmp_path / "more")
    for more in ((), ("--update",)):
        assert judgebench("gate", run, "--against", file, *more).code == 3
    assert file.read_bytes() == text


# --- of no version at all --------------------------------------------------------------------------


def _nested(file: Path) -> None:
    file.write_text('{"schema": "judgebench.run/1", "settings": ' + "[" * 100_000 + "]" * 100_000 + "}")


def _somewhat_nested(file: Path) -> None:
    data = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(
        json.dumps(data | {"settings": None}).replace('"settings": null', f'"settings": {"[" * 990}{"]" * 990}')
    )


STRANGE: dict[str, Callable[[Path], object]] = {
    "nested": _nested,
    "somewhat nested": _somewhat_nested,
    "empty": lambda file: file.write_text(""),
    "a list": lambda file: file.write_text("[]"),
    "zeros": lambda file: _linked(file, "/dev/zero"),
    "noise": lambda file: _linked(file, "/dev/urandom"),
    "a pipe": lambda file: (file.unlink(), os.mkfifo(file)),
    "nowhere": lambda file: _linked(file, "/nowhere/at/all"),
    "itself": lambda file: _linked(file, file.name),
    "bytes": lambda file: file.write_bytes(b"\xff\xfe\x00{}"),
    "large": lambda file: file.write_bytes(b'{"a": "' + b"x" * (65 << 20) + b'"}'),
    "5,000 digits": lambda file: file.write_text(f'{{"repeats": {"9" * 5000}}}'),
    "4,000 digits": lambda file: _resealed(file, repeats=10**4000),
    "counts of 4,000 digits": lambda file: _resealed(file, counts={"ok": 10**4000}),
    "tokens of 4,000 digits": lambda file: _resealed(file, spent={"input_tokens": 10**4000}),
    "counts that are text": lambda file: _resealed(file, counts={"ok": "many"}),
    "models that are true": lambda file: _resealed(file, models={"m": True}),
    "infinite cost": lambda file: _resealed(file, spent={"usd": float("inf")}),
    "no such policy": lambda file: _resealed(file, policies={"tie": "mine"}),
    "no labels": lambda file: _resealed(file, scale={"kind": "pair", "labels": [], "level": "nominal"}),
    "settings of a list": lambda file: _resealed(file, settings=[]),
}


def _linked(file: Path, to: str) -> None:
    file.unlink()
    file.symlink_to(to)


def _resealed(file: Path, **facts: Any) -> None:
    file.write_text(json.dumps(sealed(unsealed(json.loads(file.read_text())).data | facts)))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and devices")
@pytest.mark.parametrize("what", STRANGE)
def test_a_manifest_that_is_anything_is_refused_and_written_anew(judgebench, path: Path, what: str) -> None:
    STRANGE[what](path / MANIFEST)
    for command in (("score", path), ("verify", path), ("verify", path, "--repair"), ("show", path)):
        done = judgebench(*command)
        assert (done.code, str(path) in done.out + done.err) == (3, True), (command, done)
        assert len(done.err) < 2000, command
    with RunWriter(path.parent, RUN) as writer:
        assert writer.lookup(next(one.key for one in some(40) if one.status.value == "ok"))
    assert len(list(read_run(path).verdicts())) == 40


FOREIGN: dict[str, dict[str, Any]] = {
    "leads out": {"at": "20260101T000000Z", "aside": "/../../elsewhere/x", "finished": False, "moved": False},
    "absolute": {"at": "20260101T000000Z", "aside": "x/../../../../tmp/x", "finished": False, "moved": False},
    "no key": {"finished": False, "moved": False},
    "no aside": {"at": "20260101T000000Z", "finished": False, "moved": False},
    "wrong types": {"at": 5, "aside": [], "finished": "no", "moved": 1},
}


@pytest.mark.parametrize("seal", [False, True])
@pytest.mark.parametrize("what", FOREIGN)
def test_a_note_of_a_refresh_moves_nothing_out_of_its_folder(path: Path, tmp_path: Path, what: str, seal: bool) -> None:
    (tmp_path / "elsewhere").mkdir()
    (path / REFRESHED).write_text(json.dumps(sealed(FOREIGN[what]) if seal else FOREIGN[what]))
    before = everything(tmp_path)
    for refresh in (False, True):
        with pytest.raises(DataError, match=REFRESHED), RunWriter(path.parent, RUN, refresh=refresh):
            pass
    assert everything(tmp_path) == before
    assert [one.file for one in verify(path).findings] == [str(path / REFRESHED)]
    repair(path)
    with RunWriter(path.parent, RUN) as writer:
        assert writer.lookup(next(one.key for one in some(40) if one.status.value == "ok"))
    assert not verify(path).found


# --- what was paid for -----------------------------------------------------------------------------

CLAIMS = [
    Usage(True, False),
    Usage(2**60, 2**53 + 1, 0.5),
    Usage(10**400, 10**30),
    Usage(-3, 5),
    Usage(float("nan"), float("inf"), float("nan")),  # type: ignore[arg-type]  # what a server sends
    Usage(1.5, "7", "free"),  # type: ignore[arg-type]  # what a server sends
    Usage(1, 1, -2.0),
]


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_what_a_server_claims_to_have_used_is_never_called_damage(tmp_path: Path, claim: Usage) -> None:
    reply = checked(Reply.ok(1, text="[[B]]", usage=claim, seconds=float("inf")), case(), Scale.pair())
    panel = checked(
        Reply.ok(1, usage=Usage(1, 1), parts=(("a", reply), ("b", Reply.ok(0, usage=claim)))), case("i2"), RUN.scale
    )
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict("i1", reply))
        writer.append(verdict("i2", panel))
        writer.settle()
    pack(writer.path)
    assert not verify(writer.path).found
    assert repair(writer.path).moved == 0
    assert len(list(read_run(writer.path).verdicts())) == 2


@pytest.mark.parametrize(
    "claim", [Usage(True, False), Usage(2**60, 2**53 + 1), Usage(2**63, 10**30), Usage(10**400)], ids=str
)
def test_what_earlier_versions_kept_of_such_claims_is_not_moved_aside(judgebench, tmp_path: Path, claim: Usage) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        for name in ("i1", "i2"):
            # Written as it is: a version that looked at nothing did so.
            writer.append(replace(verdict(name), usage=claim))
        writer.settle()
    done = judgebench("verify", writer.path, "--repair")
    assert (done.code, "no damage" in done.out, list(writer.path.glob("damaged-*"))) == (0, True, []), done
    for command in (("score", writer.path), ("show", writer.path), ("leaderboard", tmp_path)):
        done = judgebench(*command)
        assert done.code == 0, (command, done)


# --- copies and names ------------------------------------------------------------------------------


def test_a_copy_is_one_row_with_a_note_and_a_renamed_folder_is_only_noted_by_verify(judgebench, tmp_path: Path) -> None:
    path = whole(tmp_path / "runs")
    shutil.copytree(path, tmp_path / "runs" / "a copy")
    for command in ("score", "leaderboard"):
        done = judgebench(command, "runs", "--format", "json")
        rows = [row for row in done.document()["rows"] if row["subset"] == "all"]
        assert (len(rows), done.err.count("left out")) == (1, 1), done
        assert f"the same run as {path.name}, copied" in done.err
    done = judgebench("report", "runs")
    assert (done.code, done.err.count("left out")) == (0, 1), done
    # Both when they are asked for by name: an earlier state of a run beside the present one.
    done = judgebench("score", path, "runs/a copy", "--format", "json")
    assert (len([row for row in done.document()["rows"] if row["subset"] == "all"]), done.err) == (2, "")
    shutil.rmtree(path)
    done = judgebench("score", "runs")
    assert (done.code, done.err) == (0, "")
    done = judgebench("verify", "runs")
    assert (done.code, f"its folder was named {path.name}, not a copy" in done.out) == (0, True), done


def test_what_an_older_version_wrote_is_measured_with_a_note_until_it_is_sealed(judgebench, path: Path) -> None:
    for name in (MANIFEST, SETTLED, REFRESHED):
        data = unsealed(json.loads((path / name).read_text())).data
        data.pop("sha256", None)
        (path / name).write_text(json.dumps(data))
    before = list(read_run(path).verdicts())
    done = judgebench("score", path)
    assert (done.code, done.err.count("unsealed")) == (0, 1), done
    done = judgebench("verify", path)
    assert (done.code, "unsealed" in done.out) == (0, True), done
    done = judgebench("verify", path, "--reseal")
    assert (done.code, "unsealed" in done.out) == (0, False), done
    assert (judgebench("score", path).err, list(read_run(path).verdicts())) == ("", before)
