from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from documents import document
from stored_cases import FAILED, RUN, some, verdict

from judgebench.api import storing
from judgebench.cli.app import build
from judgebench.domain import Reply, Scale, Status
from judgebench.errors import DataError
from judgebench.files.lines import dumps, seal
from judgebench.files.seals import unsealed
from judgebench.report.document import FORMS
from judgebench.report.runs import Holdings, RunFacts
from judgebench.store import parquet as table
from judgebench.store.lines import PACKED, VERDICTS, encode, read_lines
from judgebench.store.parquet import write_table
from judgebench.store.runs import MANIFEST, SETTLED, read_run
from judgebench.store.upkeep import pack, repair
from judgebench.store.verify import verify
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Verdict


def written(root: Path, verdicts: list[Verdict], counts: dict[str, int] | None = None) -> Path:
    with RunWriter(root, RUN) as writer:
        for one in verdicts:
            writer.append(one)
        writer.settle()
        writer.write_manifest(replace(RUN, counts=counts or {}))
    return writer.path


def lines(path: Path) -> list[bytes]:
    return (path / VERDICTS).read_bytes().splitlines(keepends=True)


def changed(line: bytes, **values: Any) -> bytes:
    """The same line with other values, and a checksum that fits."""
    data = json.loads(line)
    del data["crc"]
    return seal(dumps(data | values))


@pytest.mark.parametrize("packed", [False, True])
def test_a_whole_run_is_clean(tmp_path: Path, packed: bool) -> None:
    verdicts = some(100)
    counts = {status.value: sum(v.status is status for v in verdicts) for status in Status}
    path = written(tmp_path, verdicts, {"items": 50, "cases": 100} | counts)
    if packed:
        pack(path)
    report = verify(path)
    assert (report.found, report.findings) == (0, [])
    assert (report.cases, report.lines, report.packed) == (100, *((0, 100) if packed else (100, 0)))


WRONG = {
    "torn": (lambda line: line[:-30], "torn line"),
    "rot": (lambda line: line.replace(b"sys1", b"sys9"), "checksum does not fit"),
    "garbage": (lambda _: b"\xff\xfe what\n", "not a verdict"),
    "no verdict": (lambda _: b'{"key": 1}\n', "not a verdict"),
    "credit for a failure": (lambda line: changed(line, status="failed"), "status 'failed' with verdict 0"),
    "no code": (lambda line: changed(line, code=None), "status 'ok' with verdict None"),
    "off the scale": (lambda line: changed(line, code=3), "verdict 3 is not on the scale pair:3"),
    "negative": (lambda line: changed(line, code=-1), "verdict -1 is not on the scale"),
    "not one code": (lambda line: changed(line, code=[0, 1]), "is not on the scale"),
    "a truth": (lambda line: changed(line, code=True), "expected a whole number"),
    "unknown status": (lambda line: changed(line, status="fine"), "not a verdict"),
    "order": (lambda line: changed(line, order=[0, 0]), "is not an order of responses"),
    "score": (lambda line: changed(line, scores=["x"]), "expected finite numbers"),
    "infinite": (
        lambda line: line.replace(b'"scores":[]', b'"scores":[Infinity]').split(b',"crc"')[0] + b"}\n",
        "expected finite numbers",
    ),
    "gold": (lambda line: changed(line, gold={"h": 7}), "gold label 7 of 'h' is not on the scale"),
    "item": (lambda line: changed(line, item=5), "expected text"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_damage_is_found_named_and_moved_aside(tmp_path: Path, wrong: str) -> None:
    path = written(tmp_path, [verdict(f"i{n}") for n in range(3)])
    spoil, what = WRONG[wrong]
    whole = lines(path)
    at = 2 if wrong == "torn" else 1
    spoilt = spoil(whole[at])
    assert spoilt != whole[at]
    (path / VERDICTS).write_bytes(b"".join([*whole[:at], spoilt, *whole[at + 1 :]]))
    report = verify(path)
    assert [(one.file, one.line) for one in report.findings if one.line] == [(str(path / VERDICTS), at + 1)]
    assert any(what in one.what and "--repair" in one.todo for one in report.findings)
    done = repair(path)
    assert done.moved == 1
    assert [file.read_bytes().rstrip(b"\n") for file in done.aside] == [spoilt.rstrip(b"\n")]
    assert lines(path) == [line for n, line in enumerate(whole) if n != at]
    assert not verify(path).found
    assert repair(path).moved == 0
    with RunWriter(tmp_path, RUN) as writer:
        found = [writer.lookup(verdict(f"i{n}").key) is not None for n in range(3)]
    assert found == [n != at for n in range(3)]


def test_wholes_and_picks_are_checked_by_their_own_rules() -> None:
    from judgebench.store.verify import disorder

    base = replace(verdict(), gold=(), order=(0, 1, 2))
    for scale, good, bad in [
        (Scale.rank(3), [(0, 2, 1)], [(0, 0, 1), (0, 1), 1]),
        (Scale.steps(), [(0, 1, 1, 0, 1), (1,)], [(2,), 1]),
        (Scale.pick(2), [0, 2], [3, (0,)]),
        (Scale.check(), [0, 1], [2]),
    ]:
        assert not any(disorder(replace(base, code=code), scale) for code in good)
        assert all("is not on the scale" in disorder(replace(base, code=code), scale) for code in bad)


def test_superseded_lines_are_told_and_no_damage(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        for one in (verdict("a", FAILED), verdict("a"), verdict("b"), verdict("b", gold=1), verdict("c")):
            writer.append(one)
        writer.append(verdict("c", Reply.ok(2, text="other words")))
    report = verify(writer.path)
    assert (report.found, report.cases, report.lines, report.superseded, report.twice) == (0, 3, 6, 3, 1)


def test_a_settled_file_out_of_order_or_with_two_lines_a_case(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict(f"i{n}") for n in range(3)])
    a, b, c = lines(path)
    (path / VERDICTS).write_bytes(b + a + c)
    assert [(one.line, one.what) for one in verify(path).findings] == [(2, "out of order in a settled file")]
    repair(path)
    assert lines(path) == [a, b, c]
    assert not verify(path).found
    (path / VERDICTS).write_bytes(a + b + b)
    assert [one.line for one in verify(path).findings] == [3]
    repair(path)
    assert lines(path) == [a, b]
    assert not verify(path).found


def test_lost_lines_do_not_go_unnoticed(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict(f"i{n}") for n in range(3)], {"items": 3, "cases": 3, "ok": 3})
    assert not verify(path).found
    a, b, _ = lines(path)
    (path / VERDICTS).write_bytes(a + b)
    [one] = verify(path).findings
    assert "cut short" in one.what
    (path / SETTLED).unlink()
    [one] = verify(path).findings
    assert one.file.endswith(MANIFEST)
    assert "counts 3 judged cases, but the files hold 2 (2 ok)" in one.what
    repair(path)
    assert not verify(path).found
    assert list(read_lines(path / VERDICTS)) == [verdict("i0"), verdict("i1")]


def test_counts_of_statuses_that_contradict_the_files(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict("a"), verdict("b", FAILED)], {"items": 2, "cases": 2, "ok": 2})
    [one] = verify(path).findings
    assert one.what == "counts 2 ok, but the files hold 1 ok, 1 failed"


def test_an_unreadable_manifest(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict()])
    (path / MANIFEST).write_text("{}")
    [one] = verify(path).findings
    assert (one.file, one.line) == (str(path / MANIFEST), None)
    assert "not a run manifest" in one.what
    with pytest.raises(DataError, match="not a run manifest"):
        repair(path)
    with RunWriter(tmp_path, RUN) as writer:
        assert writer.lookup(verdict().key)
    assert not verify(path).found


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9, 1.0])
def test_damage_of_a_packed_run(tmp_path: Path, at: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_GROUP", 500)
    path = written(tmp_path, some(2000))
    pack(path)
    before = {one.key: one for one in read_run(path).verdicts()}
    data = bytearray((path / PACKED).read_bytes())
    place = min(int(len(data) * at), len(data) - 6)
    data[place] ^= 0x55
    (path / PACKED).write_bytes(bytes(data))
    report = verify(path)
    assert report.found
    assert all(one.file == str(path / PACKED) for one in report.findings)
    done = repair(path)
    assert [file.read_bytes() for file in done.aside] == [bytes(data)]
    assert not verify(path).found
    after = list(read_run(path).verdicts())
    assert all(before[one.key] == one for one in after)
    # All but one row group is kept, or nothing where the file's table of contents is what is damaged.
    assert len(after) >= 1500 or (at > 0.95 and not after)


def test_rows_of_a_packed_run_that_make_no_sense(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict("a"), verdict("b")])
    wrong = replace(verdict("b"), code=9)
    write_table(path / PACKED, [verdict("a"), wrong])
    (path / VERDICTS).unlink()
    (path / SETTLED).unlink()
    [one] = verify(path).findings
    assert "row 2: verdict 9 is not on the scale" in one.what
    done = repair(path)
    assert [file.read_bytes() for file in done.aside] == [encode(wrong)]
    assert list(read_run(path).verdicts()) == [verdict("a")]


def test_rows_of_a_packed_run_out_of_order(tmp_path: Path) -> None:
    path = written(tmp_path, some(20))
    rows = list(read_run(path).verdicts())
    (path / VERDICTS).unlink()
    (path / SETTLED).unlink()
    rows[7], rows[8] = rows[8], rows[7]
    write_table(path / PACKED, rows)
    [one] = verify(path).findings
    assert one.what == "row 9: out of order"
    assert "puts the file in order" in one.todo
    rows[7], rows[8] = rows[8], rows[7]
    done = repair(path)
    assert [file.suffix for file in done.aside] == [".parquet"]
    assert not verify(path).found
    assert list(read_run(path).verdicts()) == rows


# --- the commands -------------------------------------------------------------------------------


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    from judgebench.errors import JudgebenchError

    words = [str(argument) for argument in arguments]
    try:
        build(words)(words, standalone_mode=False)
        code, error = 0, ""
    except JudgebenchError as caught:
        code, error = caught.exit_code, str(caught)
    out, err = capsys.readouterr()
    return code, out, err + error


def test_the_command_says_file_line_what_and_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, [verdict("a"), verdict("b")])
    code, out, _ = call(capsys, "verify", tmp_path)
    assert (code, out) == (0, "1 run with 2 cases: no damage.\n")
    a, b = lines(path)
    (path / VERDICTS).write_bytes(a.replace(b"one", b"two") + a[:9] + b"\n" + b)
    code, out, err = call(capsys, "verify", path)
    assert code == 3
    assert f"  {path / VERDICTS}:2: not a verdict" in out
    assert "findings in 1 of 1 runs" in err
    code, out, _ = call(capsys, "verify", path, "--format", "json")
    data = json.loads(out)
    assert (code, data["schema"], data["damaged"]) == (3, "judgebench.verify/1", data["runs"][0]["damaged"])
    assert data["runs"][0]["findings"][0].keys() == {"file", "line", "what", "todo"}
    code, out, err = call(capsys, "verify", path, "--repair")
    assert code == 0, out + err
    assert "repaired" in err
    assert len(list(path.glob("damaged-*.jsonl"))) == 1


def test_what_is_known_of_runs_has_every_form_and_its_schema(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict("a"), verdict("b")])
    stored = read_run(path)
    facts = RunFacts(stored.run, Holdings.of(stored))
    a, b = lines(path)
    (path / VERDICTS).write_bytes(a.replace(b"one", b"two") + b)
    found = storing.verify([tmp_path])
    for one, kind in ((found, "verify"), (facts, "run")):
        assert document(one.render("json"))["schema"] == f"judgebench.{kind}/1"
        assert all(one.render(form) for form in FORMS)
        assert one._repr_html_().startswith("<div")
    assert list(found.to_frame()["line"].dropna()) == [one.line for one in found.reports[0].findings if one.line]
    assert repr(found).startswith("<Verification: 1 finding in 1 run.")
    assert repr(facts).startswith(f"<RunFacts: {RUN.judge} judged ")
    told = json.loads(facts.render("json"))
    more = {name: told[name] for name in ("conditions", "holds")}
    assert told == unsealed(json.loads((path / MANIFEST).read_text())).data | more
    assert more["conditions"] == RUN.conditions.named()


def test_nothing_to_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "verify", tmp_path)[0] == 3
    assert call(capsys, "verify", tmp_path / "nowhere")[0] == 3


def test_the_pack_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, some(500))
    code, out, _ = call(capsys, "pack", tmp_path)
    assert code == 0
    assert out.startswith(f"{path}: 500 cases, ")
    assert call(capsys, "pack", path)[1] == f"{path}: nothing to pack\n"
    assert call(capsys, "verify", path, "--explain")[1] == f"{path}: 500 cases, 500 packed; clean\n"
    assert call(capsys, "pack", path, "--undo")[0] == 0
    assert (path / VERDICTS).exists()
    assert not (path / PACKED).exists()
