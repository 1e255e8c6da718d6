"""What kills, full disks and read-only folders leave behind, shown with real processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from crashing import but_for_times, run
from stored_cases import RUN, ended, some, start, verdict

from judgebench.errors import IncompleteError
from judgebench.store.lines import VERDICTS, read_lines
from judgebench.store.runs import read_run
from judgebench.store.upkeep import pack
from judgebench.store.verify import verify
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_killed_three_times_it_asks_only_what_was_in_flight_again(tmp_path: Path) -> None:
    items, in_flight = 500, 16
    whole = run(tmp_path / "whole", items, kills=0, in_flight=in_flight)
    killed = run(tmp_path / "killed", items, kills=3, seed=4, in_flight=in_flight)
    assert whole.requests.total() == len(whole.requests) == len(killed.requests) == 2 * items
    assert killed.kills >= 2
    assert killed.requests.total() - 2 * items <= killed.kills * in_flight
    assert max(killed.requests.values()) <= 1 + killed.kills
    one, other = whole.path / VERDICTS, killed.path / VERDICTS
    assert list(but_for_times(one)) == list(but_for_times(other))
    assert one.read_bytes() == other.read_bytes()
    report = verify(killed.path)
    assert (report.found, report.cases) == (0, 2 * items)


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    assert hasattr(resource, "RLIMIT_FSIZE")
    script = (
        "import resource\n"
        "from judgebench.store.writer import RunWriter\n"
        "from judgebench.errors import IncompleteError\n"
        "with RunWriter(Path(sys.argv[1]), RUN) as w:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "    try:\n"
        "        for one in some(500): w.append(one)\n"
        "    except IncompleteError as error: print(error)\n"
        "    try: w.settle()\n"
        "    except IncompleteError as error: print(error)\n"
    )
    code, out, err = ended(start(script, tmp_path))
    assert code == 0, err
    assert "what was judged so far is kept: make room" in out.splitlines()[0]
    file = tmp_path / RUN.identity / VERDICTS
    kept = list(read_lines(file))
    # What was kept fits, so it could be settled too.
    assert sorted(one.key for one in kept) == sorted(one.key for one in some(500)[: len(kept)])
    assert 5 < len(kept) < 40
    assert file.read_bytes().endswith(b"\n")
    with RunWriter(tmp_path, RUN) as writer:
        for one in some(500):
            if writer.lookup(one.key) is None:
                writer.append(one)
        writer.settle()
    assert not verify(writer.path).found
    assert len(list(read_run(writer.path).verdicts())) == 500


def test_no_room_to_settle_or_to_pack_keeps_the_lines(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        for one in some(100):
            writer.append(one)
    before = (writer.path / VERDICTS).read_bytes()
    script = (
        "import resource\n"
        "from judgebench.store.upkeep import pack\n"
        "from judgebench.store.writer import RunWriter\n"
        "from judgebench.errors import IncompleteError\n"
        "import pyarrow.parquet\n"
        "with RunWriter(Path(sys.argv[1]), RUN) as w:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "    try: w.settle()\n"
        "    except IncompleteError as error: print(error)\n"
        "try: pack(w.path)\n"
        "except IncompleteError as error: print(error)\n"
    )
    code, out, err = ended(start(script, tmp_path))
    assert code == 0, err
    assert ["make room" in line for line in out.splitlines()] == [True, True]
    assert (writer.path / VERDICTS).read_bytes() == before
    assert sorted(file.name for file in writer.path.iterdir()) == [".lock", "manifest.json", VERDICTS]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told_and_still_read(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
    writer.path.chmod(0o500)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(IncompleteError, match="Permission denied"), RunWriter(tmp_path, RUN):
            pass
        with pytest.raises(IncompleteError, match="can't write"):
            pack(writer.path)
        assert list(read_run(writer.path).verdicts()) == [verdict()]
        assert not verify(writer.path).found
    finally:
        tmp_path.chmod(0o700)
        writer.path.chmod(0o700)


def test_a_folder_that_refuses_writes_is_told(tmp_path: Path) -> None:
    """As above for those who are root: another process, without root's rights where that can be had."""
    if os.geteuid() != 0:
        pytest.skip("the test above shows it")
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() != "root" or folder == folder.parent:
            break
        folder.chmod(folder.stat().st_mode | 0o055)
    script = (
        "import os, filelock\n"
        "from judgebench.store.runs import read_run\n"
        "from judgebench.store.writer import RunWriter\n"
        "from judgebench.store.upkeep import pack\n"
        "from judgebench.errors import IncompleteError\n"
        "os.setuid(65534)\n"
        "path = Path(sys.argv[1])\n"
        "for act in (lambda: RunWriter(path, RUN).__enter__(), lambda: pack(path / RUN.identity)):\n"
        "    try: act()\n"
        "    except IncompleteError as error: print(error)\n"
        "print(len(list(read_run(path / RUN.identity).verdicts())))\n"
    )
    code, out, err = ended(start(script, tmp_path))
    if "ModuleNotFoundError" in err:
        pytest.skip("Python's own modules can't be read without root's rights here")
    assert code == 0, err
    assert ["can't write" in line for line in out.splitlines()] == [True, True, False]
    assert out.splitlines()[-1] == "1"
