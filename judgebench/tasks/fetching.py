"""Rows of a pinned source: the hub, read through ``datasets``, or an address, whose file is checked by its hash."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from judgebench.errors import DataError, argument
from judgebench.files.content import Content
from judgebench.files.lines import replace_file
from judgebench.files.records import Row
from judgebench.redaction import public_url
from judgebench.tasks.sources import Source, missing, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from judgebench.tasks.card import Card, Part, Split

_TIMEOUT = 60.0  # seconds without a byte
#: Bytes that a pinned file may have; it is read as a whole, and its hash is looked at only then.
_LARGEST = 2**31


def choices(card: Card) -> str:
    """Return what a person can do whose machine can't reach the pinned source."""
    parts = [split.main for split in card.splits.values()]
    files = next((f"a clone of {part.hub}" for part in parts if part.hub), "")
    files = next((f"with {part.files[0]}" for part in parts if part.files), files)
    own = f"{argument('data')} FOLDER ({files}), JUDGEBENCH_DATA (a folder with {card.name}/), " if files else ""
    return f"use {own}or {argument('sample')} for the {card.name} rows shipped with judgebench"


def fetch(card: Card, split: Split) -> Source:
    """Fetch a split from its pinned source; DataError names the choices where it is out of reach or something else."""
    loads: dict[str, Callable[[], Iterator[Row]]] = {}
    revisions: list[str] = []
    names: list[str] = []
    lacking: list[str] = []
    for name, part in {"": split.main, **split.parts}.items():
        if part.hub:
            loads[name], revision, shown = _hub(card, part)
        elif part.url:
            loads[name], revision, shown = _address(card, part)
        elif name and not split.of:
            lacking.append(name)
            error = DataError(f"the {name} table of {card.name} can't be downloaded", hint=choices(card))
            loads[name] = missing(error)
            continue
        else:
            raise DataError(f"{card.name}:{split.name} can't be downloaded", hint=choices(card))
        revisions.append(revision)
        names.append(shown)
    verified = None if split.main.hub else True
    return Source(loads.pop(""), "+".join(revisions), names[0], loads, None, verified, tuple(lacking))


def _address(card: Card, part: Part) -> tuple[Callable[[], Iterator[Row]], str, str]:
    base = part.url.rsplit("/", 1)[-1]
    wanted = part.sha256[base]
    kept = _cache() / wanted[:16] / base
    raw = _kept(kept, wanted)
    if raw is None:
        content = Content.of(_download(card, part.url), part.url)
        got = content.sha256()
        if got != wanted:
            raise DataError(
                f"the file that came back has sha256 {got[:12]}…, the card says {wanted[:12]}…",
                file=part.url,
                hint=f"it was changed or cut on the way; try again, or use {argument('data')}",
            )
        raw = content.read()
        _keep(kept, raw)
    return rows_of(Content.of(raw, base)), f"url:{wanted[:12]}", base


def _cache() -> Path:
    home = os.environ.get("JUDGEBENCH_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(home) / "judgebench" if home else Path.home() / ".cache" / "judgebench"


def _kept(path: Path, sha: str) -> bytes | None:
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    return raw if hashlib.sha256(raw).hexdigest() == sha else None


def _keep(path: Path, raw: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [raw])
    except OSError:
        return  # a cache that can't be written costs a download, nothing else


def _download(card: Card, url: str) -> bytes:
    from http.client import HTTPException  # noqa: PLC0415 - loaded on use
    from urllib.error import HTTPError  # noqa: PLC0415 - loaded on use
    from urllib.request import FTPHandler, Request, build_opener  # noqa: PLC0415 - loaded on use

    class NoFtp(FTPHandler):
        """What redirects lead to on the web is checked by its hash; they lead nowhere else."""

        def ftp_open(self, req: Request) -> NoReturn:
            raise OSError(f"the server sends us on to {public_url(req.full_url)}, which is not on the web")

    if not url.startswith(("https://", "http://")):
        raise DataError("only http and https addresses are fetched", file=url)
    if os.environ.get("HF_HUB_OFFLINE", "") in {"1", "ON", "YES", "TRUE"}:
        raise DataError("HF_HUB_OFFLINE forbids downloads", file=url, hint=choices(card))
    request = Request(url, headers={"User-Agent": "judgebench"})  # noqa: S310 - scheme checked above
    try:
        with build_opener(NoFtp).open(request, timeout=_TIMEOUT) as answer:
            raw = bytes(answer.read(_LARGEST + 1))
    except HTTPError as error:
        error.close()
        raise DataError(f"the server answered {error.code}", file=url, hint=choices(card)) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise DataError(f"can't be downloaded ({reason})", file=url, hint=choices(card)) from None
    if len(raw) > _LARGEST:
        raise DataError(f"the file that came back is larger than {_LARGEST >> 20} MiB", file=url, hint=choices(card))
    return raw


def _hub(card: Card, part: Part) -> tuple[Callable[[], Iterator[Row]], str, str]:
    from datasets import config, disable_progress_bars, load_dataset

    if not sys.stderr.isatty():
        disable_progress_bars()
    where = f"hub:{part.hub}{f'@{part.revision}' if part.revision else ''}"
    offline = config.HF_HUB_OFFLINE
    try:
        # Without this, someone on a train waits half a minute for retries before the cache is looked at.
        config.HF_HUB_OFFLINE = offline or not _reachable(config.HF_ENDPOINT)
        loaded: Any = load_dataset(part.hub, part.config or None, split=part.hub_split, revision=part.revision or None)
    except Exception as error:  # noqa: BLE001 - a dozen libraries below raise their own; all end in one clear line
        _explain(card, part, where, error)
    finally:
        config.HF_HUB_OFFLINE = offline
    loaded = _stored(loaded)
    commit = _commit(loaded.cache_files)
    if commit and re.fullmatch(r"[0-9a-f]{7,40}", part.revision) and not commit.startswith(part.revision):
        # datasets falls back to any cached version when the hub can't be reached.
        raise DataError(
            f"only revision {commit[:12]} is in the cache, the card pins another one", file=where, hint=choices(card)
        )
    commit = commit or part.revision or "main"
    shown = f"hub:{part.hub}@{commit[:12]} split {part.hub_split}"
    note = (
        f"field names of {part.hub} were not checked against the live hub at this revision; please report it"
        if card.unchecked_fields
        else ""
    )

    def rows() -> Iterator[Row]:
        if not len(loaded):
            raise DataError("no rows", file=shown)
        for line, data in enumerate(loaded, start=1):
            yield Row(dict(data), shown, line, note, "row")

    return rows, commit, shown


def _stored(loaded: Any) -> Any:
    """Leave images as they are stored: decoded ones could only be written anew, as other bytes."""
    from datasets import Image

    for name, feature in loaded.features.items():
        if isinstance(feature, Image):
            loaded = loaded.cast_column(name, Image(decode=False))
    return loaded


def _reachable(endpoint: str) -> bool:
    """Whether a connection can be made; behind a proxy that can't be told, and the answer is yes."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - loaded on use
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - loaded on use

    try:
        address = urlsplit(endpoint)
        port = address.port or (80 if address.scheme == "http" else 443)
    except ValueError:
        return True  # whoever is asked there says what is wrong with it
    proxies = getproxies()
    behind = address.scheme in proxies or "all" in proxies
    if not address.hostname or (behind and not proxy_bypass(address.hostname)):
        return True
    try:
        socket.create_connection((address.hostname, port), timeout=10).close()
    except OSError:
        return False
    return True


def _commit(files: Iterable[Mapping[str, Any]]) -> str:
    """Find the commit in the paths of the cache, where it names the folder of a version."""
    for file in files:
        if match := re.search(r"[/\\]([0-9a-f]{40})[/\\]", str(file.get("filename", ""))):
            return match[1]
    return ""


def _explain(card: Card, part: Part, where: str, error: BaseException) -> NoReturn:
    """Say in a line what a failure of the hub means and what to do."""
    kinds: set[str] = set()
    at: BaseException | None = error
    while at is not None and len(kinds) < 200:
        kinds |= {kind.__name__ for kind in type(at).__mro__}
        at = at.__cause__ or at.__context__
    text = str(error).strip() or type(error).__name__
    first = text.splitlines()[0][:200]
    if "GatedRepoError" in kinds or "gated dataset" in text:
        message, hint = "this dataset is gated", "accept its terms on the hub and set HF_TOKEN"
    elif "RevisionNotFoundError" in kinds:
        message, hint = f"there is no revision {part.revision or 'main'!r}", "update the revision in the card"
    elif kinds & {
        "OfflineModeIsEnabled",
        "ConnectError",
        "ConnectTimeout",
        "ConnectionError",
        "LocalEntryNotFoundError",
    }:
        message, hint = "the hub can't be reached (offline?)", choices(card)
    elif kinds & {"RepositoryNotFoundError", "DatasetNotFoundError"}:
        message, hint = (
            "there is no such dataset, or it is private (401/404)",
            f"set HF_TOKEN if it is; else {choices(card)}",
        )
    elif "BuilderConfig" in text or "Unknown split" in text:
        message, hint = f"its configuration or split isn't what the card says: {first}", "update the card"
    else:
        message, hint = f"can't be loaded ({type(error).__name__}: {first})", choices(card)
    raise DataError(message, file=where, hint=hint) from error
