"""Runs at a URL: written here, mirrored there in parts, fetched by the next one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import HANGS, until
from servers.fake_llm import FakeLLM

from judgebench.errors import IncompleteError, UsageError
from judgebench.store.remote import Mirror, fetched, spool_of, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

fsspec = pytest.importorskip("fsspec")


def line(key: str, status: str = "ok") -> str:
    return json.dumps({"key": key, "status": status}, separators=(",", ":")) + "\n"


def write(folder: Path, *lines: str) -> Path:
    run = folder / "run"
    run.mkdir(parents=True, exist_ok=True)
    (run / "manifest.json").write_text("{}")
    with (run / "verdicts.jsonl").open("a") as file:
        file.writelines(lines)
    return run


def keys(folder: Path) -> list[str]:
    return [json.loads(one)["key"] for one in (folder / "run" / "verdicts.jsonl").read_text().splitlines()]


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUDGEBENCH_SPOOL", str(tmp_path / "spool"))
    return tmp_path / "spool"


@pytest.fixture(params=["file", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"file://{tmp_path}/there"
    elif request.param == "memory":
        yield f"memory://{tmp_path.name}/runs"
    else:
        yield from _bucket(tmp_path.name.lower().replace("_", "-"))


def _bucket(name: str) -> Iterator[str]:
    """A bucket of a loopback S3."""
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    moto = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = server.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(variable, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3", skip_instance_cache=True).mkdir(name)
        yield f"s3://{name}/runs"
    fsspec.filesystem("s3").clear_instance_cache()
    server.stop()


def names(url: str) -> list[str]:
    fs, root = fsspec.core.url_to_fs(url)
    fs.invalidate_cache()
    return sorted(path.rpartition("/")[2] for path in fs.find(root))


@pytest.mark.filterwarnings("ignore")
def test_parts_while_it_runs_and_one_file_after_it(url: str, spool: Path) -> None:
    with Mirror(url, interval=0.02) as mirror:
        write(mirror.folder, line("a"))
        until(lambda: "verdicts.0.000000000000-000000000026.part" in names(url))
        # The last line is not whole yet.
        run = write(mirror.folder, line("b"), '{"key":"c"')
        until(lambda: sum(name.endswith(".part") for name in names(url)) == 2)
        write(mirror.folder, ',"status":"ok"}\n')
    assert names(url) == ["manifest.json", "verdicts.1.jsonl"]
    here = (run / "verdicts.jsonl").read_bytes()
    shutil.rmtree(spool)
    with Mirror(url) as mirror:
        assert (mirror.folder / "run" / "verdicts.jsonl").read_bytes() == here
        write(mirror.folder, line("d"))
    assert names(url) == ["manifest.json", "verdicts.2.jsonl"]
    shutil.rmtree(spool)
    assert keys(fetched(Path(url))) == ["a", "b", "c", "d"]


def test_a_crash_loses_nothing_and_another_machine_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"file://{tmp_path}/there"
    mirror = Mirror(url)
    write(mirror.folder, line("a"))
    mirror._try_to_send()
    # Judged, and the machine went down before it was sent.
    write(mirror.folder, line("b"), line("x", "failed"))
    monkeypatch.setenv("JUDGEBENCH_SPOOL", str(tmp_path / "other"))
    with Mirror(url) as other:
        write(other.folder, line("c"))
    monkeypatch.setenv("JUDGEBENCH_SPOOL", str(tmp_path / "spool"))
    with Mirror(url) as mirror:
        assert keys(mirror.folder) == ["a", "c", "b"]
    monkeypatch.setenv("JUDGEBENCH_SPOOL", str(tmp_path / "third"))
    assert (fetched(Path(url)) / "run" / "verdicts.jsonl").read_text() == line("a") + line("c") + line("b")


def test_a_file_put_in_order_begins_a_generation(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/there"
    mirror = Mirror(url)
    run = write(mirror.folder, line("b"), line("a"))
    mirror._try_to_send()
    ordered = run / "verdicts.jsonl.new"
    ordered.write_text(line("a") + line("b"))
    ordered.replace(run / "verdicts.jsonl")
    mirror._try_to_send()
    assert names(url) == ["manifest.json", "verdicts.1.jsonl"]
    # Cut off while it was clearing away: what is left over of the older generation counts no more.
    (tmp_path / "there" / "run" / "verdicts.0.000000000000-000000000052.part").write_text(line("old") * 2)
    shutil.rmtree(mirror.folder)
    assert (fetched(Path(url)) / "run" / "verdicts.jsonl").read_text() == line("a") + line("b")


def test_one_process_at_a_time_and_errors_name_the_spool(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/there"
    with Mirror(url), pytest.raises(UsageError, match="another process is using"), Mirror(url):
        pass
    (tmp_path / "blocked").write_text("a file")
    with (
        pytest.raises(IncompleteError, match="run the same command again to send it"),
        Mirror(f"file://{tmp_path}/blocked/runs") as mirror,
    ):
        write(mirror.folder, line("a"))
    assert (spool_of(f"file://{tmp_path}/blocked/runs") / "run" / "verdicts.jsonl").exists()
    with pytest.raises(UsageError, match="can't open nosuch://x"):
        fetched(Path("nosuch://x/y"))
    assert url_of(Path("C:/runs")) is None


def test_the_command_line_takes_a_url(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/there"
    with FakeLLM(latency=0.05) as llm:
        command = [
            *(sys.executable, "-m", "judgebench", "run", "--judge", "server/m", "--base-url", llm.openai_url),
            *("--task", "pandalm", "--sample", "--repeats", "9", "--max-concurrency", "2", "--runs", url, "--quiet"),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: llm.counts.total() > 60, process)
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=HANGS)
        assert process.returncode == 130, words
        kept = sum(path.read_text().count("\n") for path in tmp_path.glob("there/*/*.part"))
        assert kept > 50
        before = llm.counts.total()
        environment = os.environ | {"JUDGEBENCH_SPOOL": str(tmp_path / "elsewhere")}
        done = subprocess.run(
            [*command, "--max-concurrency", "64"], capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        # 24 items in two orders, nine times.
        assert llm.counts.total() - before == 24 * 2 * 9 - kept
    scored = subprocess.run(
        [sys.executable, "-m", "judgebench", "score", url], capture_output=True, text=True, check=False
    )
    assert scored.returncode == 0, scored.stderr
    assert "server/m" in scored.stdout


def test_a_mirror_writes_nothing_outside_of_its_run_and_forgets_what_is_not_true_any_more(tmp_path: Path) -> None:
    there = tmp_path / "there"
    url = f"file://{there}"
    with Mirror(url) as mirror:
        run = write(mirror.folder, line("a"))
        (run / "settled.json").write_text("of one line")
    # Somebody else put these there.
    (there / "run" / ".remote.json").write_text('{"generation": 9, "end": 9}')
    (there / ".hidden").mkdir()
    (there / ".hidden" / "manifest.json").write_text("{}")
    mirror._fs.invalidate_cache()
    write(mirror.folder, line("b"))
    ordered = run / "verdicts.jsonl.new"
    ordered.write_text(line("b") + line("a"))
    ordered.replace(run / "verdicts.jsonl")
    # Killed when the next generation is there, and the note that goes with it is not.
    put = mirror._put

    def killed(path: str, data: bytes | Path) -> None:
        if path.endswith("settled.json"):
            raise OSError("killed")
        put(path, data)

    mirror._put = killed  # type: ignore[method-assign]  # a kill in its place
    (run / "settled.json").write_text("of two lines")
    mirror._try_to_send()
    shutil.rmtree(mirror.folder)
    folder = fetched(Path(url))
    assert (folder / "run" / "verdicts.jsonl").read_text() == line("b") + line("a")
    assert not (folder / "run" / "settled.json").exists()
    assert sorted(one.name for one in folder.iterdir() if one.is_dir()) == ["run"]
    assert json.loads((folder / "run" / ".remote.json").read_text())["generation"] != 9
