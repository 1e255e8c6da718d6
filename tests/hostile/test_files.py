"""Files that pack a thousandfold, nest, repeat, never end, or are damaged: told in two lines, never a traceback.

By hand, many more of them: ``JUDGEBENCH_FUZZ=200 pytest tests/hostile/test_files.py``.
"""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import random
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from processes import python
from report.gate_rows import RUN, planted, store, verdicts

from judgebench.cli import bug
from judgebench.domain import Scale
from judgebench.errors import UsageError
from judgebench.files.lines import remedy
from judgebench.labels.inferring import infer
from judgebench.labels.profile import MOST_COLUMNS
from judgebench.labels.words import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROUNDS = int(os.environ.get("JUDGEBENCH_FUZZ", "1"))
DIGITS = "1" * 5000
#: Runs a command and prints the most memory that its process had.
PEAK = """import re
from judgebench.cli import main
try:
    main()
finally:
    print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""
SCORE = ("score", "--csv", "FILE", "--judge-col", "judge", "--gold-col", "gold")


def bomb(piece: bytes, head: bytes = b"judge,gold\n", megabytes: int = 300) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        file.write(head)
        block = (piece * (1 + (1 << 20) // len(piece)))[: (1 << 20) // len(piece) * len(piece)]
        for _ in range(megabytes):
            file.write(block)
    return packed.getvalue()


def parquet(table: pa.Table, **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("labels.csv"))
    return out.getvalue()


def zipped(**members: bytes) -> bytes:
    """Pack members, whose names have two underscores for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name.replace("__", "/"), raw)
    return out.getvalue()


def book(strings: bytes = b"", **sheets: bytes) -> bytes:
    named = {f"xl__worksheets__{name}.xml": raw for name, raw in sheets.items()}
    return zipped(**{"xl__workbook.xml": b"<workbook/>", "xl__sharedStrings.xml": strings}, **named)


def log(sample: bytes) -> bytes:
    return zipped(**{"header.json": b'{"eval": {}}', "samples__1.json": sample})


def three(judge: str, gold: str = "yes") -> bytes:
    return b"".join(f'{{"judge": {judge}, "gold": "{gold}"}}\n'.encode() for _ in range(3))


#: name, how it is made, what `doctor` and `score` say of it.
REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "rows": ("t.csv.gz", lambda: bomb(b"yes," + b"no" * 500 + b"\n"), "unpacks to far more"),
    "one line of 300 MB": ("t.csv.gz", lambda: bomb(b"x"), "unpacks to far more"),
    "300 million columns": ("t.csv.gz", lambda: bomb(b",", b""), "unpacks to far more"),
    "300 million brackets": ("t.json.gz", lambda: bomb(b"[", b"["), "unpacks to far more"),
    "objects": ("t.jsonl.gz", lambda: bomb(b'{"a":"%b"}\n' % (b"1" * 1000), b""), "unpacks to far more"),
    "gzip in gzip": ("t.csv.gz", lambda: gzip.compress(bomb(b"x")), "binary data"),
    "a Parquet page of zeros": ("t.parquet", lambda: parquet(pa.table({"judge": ["x" * 60_000_000], "gold": ["x"]}),
                                compression="zstd", use_dictionary=False), "far more than a table does"),
    "100,000 columns": ("t.csv", lambda: b",".join(b"c%d" % i for i in range(100_000)) + b"\n", "has at most 50,000"),
    "a zip archive": ("t.csv", lambda: b"PK\x03\x04" + bytes(100), "zip archive"),
    "an xz archive": ("t.csv", lambda: b"\xfd7zXZ\0" + bytes(100), "an xz archive"),
    "a zstandard archive": ("t.csv", lambda: b"(\xb5/\xfd" + bytes(100), "a zstandard archive"),
    "a bzip2 archive": ("t.csv", lambda: b"BZh9" + bytes(100), "a bzip2 archive"),
    "a tar archive": ("t.csv", tar, "a tar archive"),
    "a tar archive in gzip": ("t.csv.gz", lambda: gzip.compress(tar()), "a tar archive"),
    "a sheet of 300 MB": ("t.xlsx", lambda: book(s=bytes(300 << 20)), "unpacks to far more"),
    "a cell far away": ("t.xlsx", lambda: book(s=b'<c r="A1"/><c r="XFD1048576"/>'), "far more than a table"),
    "a workbook of entities": ("t.xlsx", lambda: book(s=b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "DOCTYPE"),
    "one text in 100,000 cells": ("t.xlsx", lambda: book(b"<si>" + b"x" * 60_000 + b"</si>", s=b"".join(
                                  b'<c r="A%d"><v>0</v></c>' % i for i in range(100_000))), "letters: far more"),
    "a log of 300 MB": ("t.eval", lambda: log(bytes(300 << 20)), "unpacks to far more"),
    "a log of 100,000 levels": ("t.eval", lambda: log(b"[" * 100_000), "nested too deeply"),
    "100,000 levels": ("t.jsonl", lambda: three('{"a":' * 100_000 + "1" + "}" * 100_000), "nested too deeply"),
    "100,000 levels in an array": ("t.json", lambda: b"[" + b'{"a":[' * 100_000, "nested too deeply"),
    "5,000 digits": ("t.jsonl", lambda: three(DIGITS), "a number of 5,000 digits"),
    "a number without an end": ("t.jsonl", lambda: three("-" + "9" * 1_000_000), "a number of 1,000,001 digits"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_no_table_is_told_so(judgebench, tmp_path: Path, what: str) -> None:
    name, made, words = REFUSED[what]
    (tmp_path / name).write_bytes(made())
    # What another tool wrote is asked for by no column.
    plain = ["score", "--csv", name] if name.endswith(".eval") else [name if part == "FILE" else part for part in SCORE]
    # The doctor looks at the first rows alone.
    for line in (["doctor", name], plain)[name.endswith(".eval") or what in {"rows", "objects"} :]:
        done = judgebench(*line)
        assert done.code == 3, done.err
        assert words in done.err
        assert len(done.err.splitlines()) <= 2
        assert len(done.err) < 2100


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(bomb(b"x", megabytes=1000))
    (tmp_path / "peak.py").write_text(PEAK, "utf-8")
    done = python(tmp_path, "peak.py", "doctor", "t.csv.gz")
    assert "unpacks to far more" in done.err
    # In kB; it took 5.9 GB before.
    assert int(done.out) < 600_000


def test_a_dictionary_of_one_long_word_is_read_once(judgebench, tmp_path: Path) -> None:
    word = pa.DictionaryArray.from_arrays(pa.array([0] * 300_000, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table({"judge": word, "gold": ["yes", "no"] * 150_000})
    (tmp_path / "t.parquet").write_bytes(parquet(table, compression="zstd", store_schema=False))
    assert judgebench("doctor", "t.parquet").code == 0
    done = judgebench(*("t.parquet" if part == "FILE" else part for part in SCORE))
    assert (done.code, len(done.err) < 2100) == (3, True)


def test_wide_tables_are_read_in_one_look(judgebench, tmp_path: Path) -> None:
    wide = 20_000
    with (tmp_path / "wide.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([f"c{i}" for i in range(wide)])
        writer.writerows([["yes", "no"][(i + row) % 2] for i in range(wide)] for row in range(20))
    done = judgebench("doctor", "wide.csv")
    assert done.code == 0, done.err
    assert f"only the first {MOST_COLUMNS:,} of {wide:,} columns were looked at" in done.out
    (tmp_path / "names.jsonl").write_text("".join(f'{{"judge": "yes", "n{i}": 1}}\n' for i in range(3000)), "utf-8")
    assert judgebench("doctor", "names.jsonl").code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_and_devices_are_no_files(judgebench, tmp_path: Path) -> None:
    for name in ("pipe", "pipe.toml", "pipe.csv", "pipe.jsonl"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    for line in (
        ["doctor", "pipe"], ["doctor", "/dev/zero"], ["doctor", "/dev/stdin"], ["score", "--csv", "pipe.csv"],
        ["score", "--config", "pipe"], ["score", "--config", "zero.toml"],
        ["run", "--judge", "pipe.toml", "--task", "pandalm", "--sample"],
        ["run", "--judge", "zero.toml", "--task", "pandalm", "--sample"],
        ["run", "--judge", "openai/x", "--prompt", "pipe.toml", "--task", "pandalm", "--sample"],
        ["run", "--judge", "openai/x", "--prompt", "zero.toml", "--task", "pandalm", "--sample"],
        ["run", "--judge", "baseline/first", "--task", "pandalm", "--data", "pipe.jsonl"],
        ["run", "--judge", "replay:pipe.jsonl", "--task", "pandalm", "--sample"],
        ["gate", "pipe", "--against", "pipe"], ["score", "pipe"], ["leaderboard", "pipe"],
    ):  # fmt: skip
        # With a key: the lack of one is told before any file is read.
        done = judgebench(*line, env={"OPENAI_API_KEY": "k"})
        assert done.code in {2, 3}, (line, done)
        assert "internal error" not in done.err, (line, done.err)
    file = tmp_path / "large.toml"
    file.touch()
    os.truncate(file, 1 << 40)
    assert "larger than" in judgebench("score", "--config", "large.toml").err


@pytest.mark.parametrize(
    ("word", "says"),
    [
        (DIGITS, "words of the rate scale"),
        ("0" * 100_000 + "x", "words of the rate scale"),
        ("--3", "words of the rate scale"),
        ("+-3", "words of the rate scale"),
        ("9" * 100, "the labels span"),
        (str(2**53), "the labels span"),
        ("1e999", "words of the rate scale"),
    ],
)
def test_a_word_that_python_can_t_turn_into_a_number(judgebench, tmp_path: Path, word: str, says: str) -> None:
    (tmp_path / "t.csv").write_text(f"judge,gold\n{word},5\n4,4\n3,3\n{word},5\n", "utf-8")
    assert judgebench("doctor", "t.csv").code == 0
    done = judgebench(*("t.csv" if part == "FILE" else part for part in SCORE))
    assert (done.code in {2, 3}, says in done.err, len(done.err) < 2100) == (True, True, True), done.err
    given = judgebench(*("t.csv" if part == "FILE" else part for part in SCORE), "--scale", "rate:1-5")
    assert (given.code, "internal" in given.err) == (3, False), given.err


def test_scales_beyond_what_a_float_holds_are_refused() -> None:
    for spec in (
        f"rate:{DIGITS}-{DIGITS}",
        f"rate:{10**400}-{10**400 + 5}",
        f"pick:{10**9}",
        f"pick:{DIGITS}",
        "rate:0-1e9",
    ):
        with pytest.raises(UsageError):
            Scale.parse(spec)
    # As positions the two would be one, and weighted kappa would divide by the distance between them.
    with pytest.raises(UsageError, match="span"):
        infer({"judge": [str(2**53), str(2**53 + 1)]})
    assert fold("0" * 1_000_000 + "1") == "0" * 1_000_000 + "1"


def test_settings_with_numbers_and_nests_without_end(judgebench, tmp_path: Path) -> None:
    for number, text in enumerate(
        (f"a = {DIGITS}", "a = " + "[" * 100_000, "[" + "a." * 50_000 + "a]", "\0", "a = \x1b")
    ):
        for line in (["score", "--config"], ["run", "--task", "pandalm", "--sample", "--judge"]):
            (tmp_path / f"{number}.toml").write_text(f"{text}\n", "utf-8")
            done = judgebench(*line, f"{number}.toml")
            assert (done.code in {2, 3}, "internal" in done.err) == (True, False), done.err
            assert len(done.err.splitlines()) <= 2
            assert len(done.err) < 2100
            # Python's own advice is none for who wrote the file.
            assert "sys." not in done.err
            assert "recursion" not in done.err


def test_names_with_a_null_in_a_file_of_settings(judgebench, tmp_path: Path) -> None:
    options = {
        "run": ("judge", "task", "prompt", "data", "runs"), "score": ("csv",), "gate": ("against",),
    }  # fmt: skip
    given = {"judge": "openai/x", "task": "pandalm"}
    for command, names in options.items():
        for name in names:
            for end in ("", ".toml"):
                (tmp_path / "set.toml").write_text(f'[{command}]\n{name} = "x\\u0000{end}"\n', "utf-8")
                rest = [f"--{one}={value}" for one, value in given.items() if one != name]
                more = rest if command == "run" else ["r"]
                done = judgebench(command, "--config", "set.toml", *more, env={"OPENAI_API_KEY": "x"})
                assert (done.code in {2, 3}, "internal" in done.err) == (True, False), (command, name, end, done)


def test_a_judge_function_of_python_s_own(judgebench) -> None:
    for name in ("builtins:eval", "builtins:print", "os:abort.x", "sys:exit", "builtins:int"):
        done = judgebench("run", "--judge", name, "--task", "pandalm", "--sample", "--limit", "2")
        assert "internal" not in done.err, done.err


def test_a_verdict_off_the_scale_is_told_by_the_gate(judgebench, tmp_path: Path) -> None:
    gold, first, second = planted(40)
    good = store(tmp_path / "a", RUN, verdicts(gold, first))
    assert judgebench("gate", good, "--against", "line.json", "--update").code == 0
    for code in (7, 2):
        said = [code if place == 3 else int(one) for place, one in enumerate(second)]
        bad = store(tmp_path / f"b{code}", RUN, verdicts(gold, said))
        for line in (
            ["gate", bad, "--against", "line.json"],
            ["gate", bad, "--against", "new.json", "--update"],
            ["score", bad],
        ):
            done = judgebench(*line)
            assert (done.code, f"verdict {code} is not on the scale check" in done.err) == (3, True), done.err


def test_a_bug_is_told_without_a_traceback_and_without_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(
        sys, "argv", ["judgebench", "score", "private.csv", "--csv=private.csv", "--judge-col", "private"]
    )
    with pytest.raises(ValueError, match="canary") as raised:
        int("sk-canary-0123456789\n::error::x")
    first, second = bug.told(raised.value)
    assert first.startswith("internal error, ValueError: ")
    [report] = tmp_path.iterdir()
    assert str(report) in second
    text = report.read_text("utf-8")
    assert "command: score --csv --judge-col\n" in text
    assert "Traceback" in text
    assert "canary" not in text + first
    assert "private" not in text
    assert "memory" in bug.told(MemoryError())[0]


def test_what_nobody_caught_ends_with_seventy(judgebench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("judgebench.labels.diagnose.diagnose", lambda *_: 1 // 0)
    (tmp_path / "x.csv").write_text("judge,gold\nA,A\nB,A\n", "utf-8")
    # The fixture takes the word Traceback for a bug, which this is.
    with pytest.raises(AssertionError, match="internal error, ZeroDivisionError"):
        judgebench("doctor", "x.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such limits on this system")
def test_a_process_that_may_open_few_files_has_few_runs_open(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def a(item): return 'A'\nb = c = d = e = f = g = h = a\n", "utf-8")
    (tmp_path / "few.py").write_text(
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))\n"
        "from judgebench.cli import main\nmain()\n",
        "utf-8",
    )
    judges = [part for name in "abcdefgh" for part in ("--judge", f"mine:{name}")]
    tasks = [part for name in ("pandalm", "judgebench") for part in ("--task", name)]
    done = python(tmp_path, "few.py", "run", *judges, *tasks, "--sample", "-q", "--limit", "3")
    assert done.code == 0, done.err


def test_too_many_open_files_are_not_told_to_make_room() -> None:
    few, full = OSError(errno.EMFILE, "Too many open files"), OSError(errno.ENOSPC, "No space left on device")
    assert "ulimit -n" in remedy(few)
    assert remedy(full, "make room or wait") == "make room or wait"


def table(draw: random.Random) -> tuple[str, bytes]:
    """A table of labels in one of the formats."""
    rows = [
        {"id": i, "judge": draw.choice(["yes", "no"]), "gold": draw.choice(["yes", "no"]), "p": round(draw.random(), 3)}
        for i in range(40)
    ]
    kind = draw.choice(["csv", "jsonl", "json", "parquet", "csv.gz", "jsonl.gz"])
    if kind.startswith("csv"):
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0], delimiter=draw.choice(",;\t|"), quoting=draw.choice([0, 1]))
        writer.writeheader()
        writer.writerows(rows)
        raw = text.getvalue().encode()
    elif kind == "parquet":
        raw = parquet(pa.Table.from_pylist(rows), compression=draw.choice(["none", "snappy", "zstd"]))
    elif kind == "json":
        raw = json.dumps(rows, indent=draw.choice([None, 1])).encode()
    else:
        raw = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return f"t.{kind}", gzip.compress(raw) if kind.endswith(".gz") else raw


#: What is put in where a piece is taken out.
SPLINTERS = (
    b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\r", b"\n\n", b",,,", b"{", b"}", b"[" * 2000, b"\\ud800",
    b"\\u0000", b"1e999", b"-0", b"NaN", b"null", b"9" * 400, b'"judge":', b"\xc3\x28", b"PAR1", b"\x1f\x8b",
    "١٢".encode(), "\u2028".encode(), b"=1+1", b"x" * 5000,
)  # fmt: skip


def damaged(draw: random.Random, raw: bytes) -> bytes:
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(raw) + 1)
        what = draw.random()
        if what < 0.4 and raw:
            at = min(at, len(raw) - 1)
            raw = raw[:at] + bytes([raw[at] ^ 1 << draw.randrange(8)]) + raw[at + 1 :]
        elif what < 0.8:
            raw = raw[:at] + draw.choice(SPLINTERS) + raw[at + draw.randint(0, 12) :]
        elif what < 0.9:
            raw = raw[:at]
        else:
            raw += raw[at:]
    return raw


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_damaged_tables_are_read_or_refused(judgebench, tmp_path: Path, seed: int) -> None:
    draw = random.Random(f"files {seed}")
    for _ in range(15):
        name, raw = table(draw)
        (tmp_path / name).write_bytes(damaged(draw, raw))
        options = draw.choice(
            [[], ["--id-col", "id"], ["--score-col", "p"], ["--subset-col", "p"], ["--scale", "check"]]
        )
        score = [name if part == "FILE" else part for part in SCORE]
        run = ["run", "--judge", "baseline/first", "--task", name, "--limit", "3"]
        replay = ["run", "--judge", f"replay:{name}", "--task", "pandalm", "--sample"]
        for line in (["doctor", name], [*score, *options], draw.choice([run, replay])):
            done = judgebench(*line)
            assert done.code in {0, 2, 3, 5}, (line, done)
            assert "internal error" not in done.err, (line, done.err)
            assert len(done.err) < 20_000
