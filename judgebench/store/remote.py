"""Runs at a URL (``s3://…``, ``gs://…``, ``file://…``): written here, kept there.

A run is written into a folder of this machine, the spool, as every run is; nothing waits for a network and
nothing is lost with it. Every few seconds what was appended goes to the URL as one more immutable object:

- ``<run>/verdicts.G.START-END.part``: bytes START to END of generation G;
- ``<run>/verdicts.G.jsonl``: what generation G began with, written whole when a run is over; the generation
  before it then goes away. The highest G that is whole counts, so a crash at any moment leaves one truth;
- every other file of a run as it is, and so are validations.

The next command fetches what the spool lacks. One process at a time may write to a URL from one machine; nothing
keeps a second machine out.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from judgebench.errors import DataError, IncompleteError, UsageError, argument
from judgebench.files.lines import locked
from judgebench.files.seals import read_object, unsealed, write_sealed
from judgebench.redaction import learn, login_of, public_url
from judgebench.store.lines import VERDICTS
from judgebench.store.marks import SETTLED
from judgebench.store.remote_validations import RemoteValidations
from judgebench.store.runs import MANIFEST
from judgebench.store.validations import FOLDER

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

#: Two letters at least: `C:/runs` is a folder.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,3}(.*)")
_OBJECT = re.compile(r"verdicts\.(\d+)\.(?:jsonl|(\d+)-(\d+)\.part)")
_STATE = ".remote.json"
#: Seconds that an interrupted command gives the network; the spool has it all.
_LAST_WORDS = 1.5


def url_of(path: Path | str) -> str | None:
    """Return the URL that a path was given as; None for a path of this machine.

    >>> url_of(Path("s3://bucket/runs")), url_of(Path("file:///tmp/runs")), url_of(Path("runs"))
    ('s3://bucket/runs', 'file:///tmp/runs', None)
    """
    match = _URL.fullmatch(Path(path).as_posix())
    if match is None:
        return None
    # A path folds slashes.
    return f"{match[1]}://{'/' if match[1] == 'file' else ''}{match[2]}"


def spools() -> Path:
    """Name the folder of this machine that holds what goes to URLs, a folder each."""
    given = os.environ.get("JUDGEBENCH_SPOOL")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(given) if given else Path(cache) / "judgebench" / "spool"


def spool_of(url: str) -> Path:
    """Name the folder of this machine in which what goes to a URL is written."""
    # A login is not for the names of folders.
    shown = public_url(url) if login_of(url) else url
    words = re.sub(r"\W+", "-", shown.partition("://")[2]).strip("-")[-40:]
    return spools() / f"{words}-{hashlib.sha256(url.rstrip('/').encode()).hexdigest()[:12]}"


@dataclass(slots=True)
class _State:
    """What the URL holds of a run, as far as we know: bytes of a generation, copied from the local file ``inode``."""

    generation: int = 0
    end: int = 0
    parts: bool = False
    inode: int = 0
    files: dict[str, list[int]] = field(default_factory=dict[str, list[int]])


class Mirror:
    """A folder of this machine that is kept at a URL, looked at every ``interval`` seconds; use as a context manager.

    UsageError where another process mirrors this URL, or its library is not installed. IncompleteError where the URL
    can't be reached; at the end, what was judged is in the spool.
    """

    def __init__(self, url: str, *, interval: float = 3.0) -> None:
        self.url = url.rstrip("/")
        self.folder = spool_of(url)
        self._interval = interval
        self._fs, self._root = _open(self.url)
        self._validations = RemoteValidations(self._fs, self._root, self.folder)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="judgebench-mirror", daemon=True)
        self._busy = threading.Lock()
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.alone())
            self.fetch()
            self._held = stack.pop_all()
        self._thread.start()
        return self

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Keep other processes of this machine from the spool."""
        self.folder.mkdir(parents=True, exist_ok=True)
        busy = f"another process is using {self.url}; wait for it, or give {argument('runs')} another place"
        return locked(self.folder / ".mirror.lock", busy)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        try:
            if kind is None:
                self._send(settle=True)
            else:
                # Whoever was interrupted waits for no network; the next command sends the rest.
                last = threading.Thread(target=self._try_to_send, daemon=True)
                last.start()
                last.join(_LAST_WORDS)
        finally:
            self._held.close()

    # --- there to here ------------------------------------------------------------------------------

    def fetch(self) -> None:
        """Bring here what the URL holds and the spool lacks."""
        with _told(self.url, self.folder):
            runs: dict[str, dict[str, int]] = {}
            validations: dict[str, Any] = {}
            with contextlib.suppress(FileNotFoundError):
                for path, about in self._fs.find(self._root, detail=True).items():
                    run, _, name = path[len(self._root) :].strip("/").partition("/")
                    # Dotted names are this machine's own, and two dots lead out of the spool.
                    if not name or "/" in name or "." in {name[0], run[:1]}:
                        continue
                    if run == FOLDER:
                        validations[name] = about
                    else:
                        runs.setdefault(run, {})[name] = about["size"]
            self._validations.fetch(validations)
            for run, sizes in runs.items():
                if MANIFEST in sizes:
                    self._fetch_run(run, sizes)

    def _fetch_run(self, run: str, sizes: dict[str, int]) -> None:
        folder = self.folder / run
        folder.mkdir(parents=True, exist_ok=True)
        state, file = _read_state(folder), folder / VERDICTS
        generation, objects, end = _newest(sizes)
        if (folder / MANIFEST).exists() and (generation, end) == (state.generation, state.end):
            return
        # It is fetched, too, where it is true of what is there.
        (folder / SETTLED).unlink(missing_ok=True)
        temporary = folder / f"{VERDICTS}.tmp"
        with temporary.open("wb") as stream:
            for name in objects:
                stream.write(self._fs.cat_file(f"{self._root}/{run}/{name}"))
            end = stream.tell()
            if file.exists():
                stream.writelines(_never_sent(file, state, temporary))
        temporary.replace(file)
        for name in sizes:
            if not _OBJECT.fullmatch(name):
                (folder / name).write_bytes(self._fs.cat_file(f"{self._root}/{run}/{name}"))
        parts = any(name.endswith(".part") for name in objects)
        _write_state(folder, _State(generation, end, parts, file.stat().st_ino, _stamps(folder)))

    # --- here to there ------------------------------------------------------------------------------

    def _follow(self) -> None:
        while not self._over.wait(self._interval):
            # A network that is away now may be back at the next look; the last one tells.
            self._try_to_send()

    def _try_to_send(self) -> None:
        with contextlib.suppress(Exception):
            self._send(settle=False)

    def send_validations(self) -> None:
        """Send what was found of judges whose runs are at the URL."""
        with self.alone(), _told(self.url, self.folder):
            self._validations.send(self._put)

    def _send(self, *, settle: bool) -> None:
        with self._busy, _told(self.url, self.folder):
            if settle:
                self._validations.send(self._put)
            for manifest in sorted(self.folder.glob(f"*/{MANIFEST}")):
                self._send_run(manifest.parent, settle=settle)

    def _send_run(self, folder: Path, *, settle: bool) -> None:
        state, there, file = _read_state(folder), f"{self._root}/{folder.name}", folder / VERDICTS
        if file.exists():
            if state.inode not in {0, file.stat().st_ino}:
                # Put in order, or packed: other bytes than those that were sent.
                self._put_whole(there, file, state)
            else:
                self._put_part(there, file, state)
                if settle and state.parts:
                    self._put_whole(there, file, state)
            # Before anything else can go wrong: what was sent must not be sent twice.
            _write_state(folder, state)
        stamps = _stamps(folder)
        for name, stamp in stamps.items():
            if state.files.get(name) != stamp:
                self._put(f"{there}/{name}", folder / name)
        if state.files != stamps:
            state.files = stamps
            _write_state(folder, state)

    def _put_part(self, there: str, file: Path, state: _State) -> None:
        with file.open("rb") as stream:
            state.inode = os.fstat(stream.fileno()).st_ino
            stream.seek(state.end)
            data = stream.read()
        data = data[: data.rfind(b"\n") + 1]
        if data:
            end = state.end + len(data)
            self._put(f"{there}/verdicts.{state.generation}.{state.end:012}-{end:012}.part", data)
            state.end, state.parts = end, True

    def _put_whole(self, there: str, file: Path, state: _State) -> None:
        """Begin the next generation, and clear away the ones before it."""
        inode = file.stat().st_ino
        with contextlib.suppress(FileNotFoundError):
            # It is true of the generation before; whoever fetches between the two must not hold it against this one.
            self._fs.rm_file(f"{there}/{SETTLED}")
        state.files.pop(SETTLED, None)
        name = f"{there}/verdicts.{state.generation + 1}.jsonl"
        self._put(name, file)
        state.generation, state.parts, state.inode = state.generation + 1, False, inode
        state.end = self._fs.info(name)["size"]
        self._fs.invalidate_cache()
        for path in self._fs.ls(there, detail=False):
            match = _OBJECT.fullmatch(path.rpartition("/")[2])
            if match and int(match[1]) < state.generation:
                self._fs.rm_file(path)

    def _put(self, path: str, data: bytes | Path) -> None:
        """Write an object; no reader sees half of it."""
        on_disk = "file" in self._fs.protocol
        target = f"{path}.tmp" if on_disk else path
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        if isinstance(data, Path):
            self._fs.put_file(str(data), target)
        else:
            self._fs.pipe_file(target, data)
        if on_disk:
            # Object stores show an object when it is whole, a disk does not.
            Path(target).replace(path)


@contextlib.contextmanager
def mirrored(runs: Path) -> Generator[Path]:
    """Give the folder to write runs into: the one that was named, or the spool of a URL that is kept in step."""
    url = url_of(runs)
    if url is None:
        yield runs
        return
    with Mirror(url) as mirror:
        yield mirror.folder


def fetched(path: Path) -> Path:
    """Give the folder to read runs from: the one that was named, or the spool of a URL, brought up to date."""
    url = url_of(path)
    if url is None:
        return path
    mirror = Mirror(url)
    with mirror.alone():
        mirror.fetch()
    return mirror.folder


def _newest(sizes: dict[str, int]) -> tuple[int, list[str], int]:
    """Find the generation that counts, its objects in order, and how many bytes they hold."""
    found = [(match, name) for name in sizes if (match := _OBJECT.fullmatch(name))]
    generation = max((int(match[1]) for match, name in found if name.endswith(".jsonl")), default=0)
    ours = [(int(match[2] or -1), name) for match, name in found if int(match[1]) == generation]
    objects = [name for _, name in sorted(ours)]
    return generation, objects, sum(sizes[name] for name in objects)


def _never_sent(file: Path, state: _State, there: Path) -> list[bytes]:
    """Find the answers that were given here and are not at the URL, where another machine went on."""
    with file.open("rb") as stream:
        stream.seek(state.end if state.inode == file.stat().st_ino else 0)
        lines = [line for line in stream if line.endswith(b"\n") and b'"status":"failed"' not in line]
    if not lines:
        return []
    with there.open("rb") as stream:
        known = set(stream)
    return [line for line in lines if line not in known]


def _stamps(folder: Path) -> dict[str, list[int]]:
    """Note size and time of every file of a run but the verdicts."""
    found = {path.name: path.stat() for path in folder.iterdir() if path.is_file()}
    return {
        name: [about.st_size, about.st_mtime_ns]
        for name, about in sorted(found.items())
        if name != VERDICTS and not name.startswith(".") and not name.endswith(".tmp")
    }


def _read_state(folder: Path) -> _State:
    try:
        return _State(**unsealed(read_object(folder / _STATE, "the state of a mirror", "delete it")).data)
    except (OSError, ValueError, TypeError, DataError):
        # Fetched anew, then; nothing is lost with it.
        return _State()


def _write_state(folder: Path, state: _State) -> None:
    write_sealed(folder / _STATE, asdict(state))


def _open(url: str) -> tuple[Any, str]:
    learn(url)
    try:
        import fsspec

        options = {"client_kwargs": {"trace_configs": [_staying(url)]}} if url.startswith("http") else {}
        found: tuple[Any, str] = fsspec.core.url_to_fs(url, **options)
    except (ImportError, ValueError) as error:
        scheme = url.partition(":")[0]
        raise UsageError(f"can't open {url}: {error} (s3:// needs s3fs, gs:// gcsfs; {scheme}:// its own)") from None
    return found[0], found[1].rstrip("/")


def _staying(url: str) -> Any:
    """Watch a web address: neither runs nor a login follow a redirect to another one."""
    import aiohttp  # noqa: PLC0415 - loaded on use
    from yarl import URL

    async def redirected(_: object, __: object, about: aiohttp.TraceRequestRedirectParams) -> None:
        there = about.url.join(URL(about.response.headers.get("Location", "")))
        if about.method not in {"GET", "HEAD"} or there.origin() != URL(url).origin():
            raise OSError(f"the server redirects to {public_url(str(there))}, which you did not name")

    watching = aiohttp.TraceConfig()
    watching.on_request_redirect.append(redirected)
    return watching


@contextlib.contextmanager
def _told(url: str, folder: Path) -> Generator[None]:
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - every file system has errors of its own
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise IncompleteError(
            f"can't keep runs at {url} ({type(error).__name__}: {words}); what was judged so far is in {folder}: "
            "run the same command again to send it"
        ) from None
