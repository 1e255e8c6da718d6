"""Where a model's files lie, and what pins them; nothing here loads a model.

A model is a folder, or a name on the Hugging Face hub, with ``@REVISION`` where it is not the main one. What the hub's
cache holds is taken from there, without asking the hub.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from judgebench.errors import BackendError
from judgebench.installed import to_install
from judgebench.redaction import redact

#: What a model needs; pictures of curves, other frameworks' weights and original checkpoints are left on the hub.
_FILES = ("*.json", "*.safetensors", "*.bin", "*.model", "*.txt", "*.jinja")
_UNUSED = ("onnx/*", "openvino/*", "original/*", "training_args.bin")
_WEIGHTS = (".safetensors", ".bin")
#: Parts of the names of classes that write token by token.
LANGUAGE_MODELS = ("CausalLM", "LMHead")


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's files: ``pin`` is the commit of the hub's files or a digest of a folder's.

    ``folder`` is None until they are fetched.
    """

    name: str
    pin: str
    folder: Path | None
    repository: str = ""

    def json(self, file: str) -> dict[str, Any]:
        """Read one of its JSON files; empty where it has none, BackendError where it can't be read."""
        path = self.file(file)
        if path is None:
            return {}
        try:
            read: Any = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BackendError(f"{self.name}: {file} can't be read: {error}") from None
        return cast("dict[str, Any]", read) if isinstance(read, dict) else {"": read}

    def file(self, name: str) -> Path | None:
        """Find one of its files, on the hub if need be; None where it has none."""
        if self.folder is not None:
            path = self.folder / name
            return path if path.is_file() else None
        hub: Any = importlib.import_module("huggingface_hub")
        try:
            return Path(hub.hf_hub_download(self.repository, name, revision=self.pin))
        except hub.errors.EntryNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever keeps the hub's files from us
            raise BackendError(f"{self.name}: {name} can't be fetched: {_words(error)}") from None

    def fetched(self) -> Path:
        """Return the folder, after fetching the files where they are still on the hub."""
        if self.folder is not None:
            return self.folder
        hub: Any = importlib.import_module("huggingface_hub")
        try:
            found = hub.snapshot_download(
                self.repository, revision=self.pin, allow_patterns=list(_FILES), ignore_patterns=list(_UNUSED)
            )
        except Exception as error:  # noqa: BLE001 - as above
            raise BackendError(f"{self.name} can't be fetched: {_words(error)}") from None
        return Path(found)

    @property
    def architecture(self) -> str:
        """The first class that its configuration names."""
        named = self.json("config.json").get("architectures")
        return str(named[0]) if isinstance(named, list) and named else ""

    def must_be(self, what: str, *classes: str) -> None:
        """Refuse a model of none of these classes, named in part: BackendError says that it is not ``what``."""
        if not any(name in self.architecture for name in classes):
            raise BackendError(f"{self.name} is a {self.architecture or 'model of an unknown kind'}, not {what}")

    @property
    def chats(self) -> bool:
        """Whether its tokenizer says how a conversation is written."""
        files = ("chat_template.jinja", "chat_template.json")
        return bool(self.json("tokenizer_config.json").get("chat_template")) or any(map(self.file, files))


def require(backend: str) -> None:
    """Say how to install what local models need, where it is missing."""
    if missing := [name for name in ("torch", "transformers") if find_spec(name) is None]:
        raise BackendError(f"{backend} judges need {' and '.join(missing)}: {to_install('local')}")


def find(backend: str, model: str) -> Weights:
    """Find a model: a folder, what the hub's cache holds, or what the hub names; BackendError where there is none."""
    require(backend)
    named = Path(model).expanduser()
    if named.is_dir():
        folder = named.resolve()
        if not (folder / "config.json").is_file():
            raise BackendError(f"{backend}/{model}: the folder holds no config.json, so it is not a model's")
        return Weights(f"{backend}/{folder.name}", _digest(folder, _stamp(folder)), folder)
    repository, _, revision = model.partition("@")
    hub: Any = importlib.import_module("huggingface_hub")
    name = f"{backend}/{repository}"
    try:
        cached = Path(hub.snapshot_download(repository, revision=revision or None, local_files_only=True))
        if _whole(cached):
            return Weights(name, cached.name, cached, repository)
    except Exception:  # noqa: BLE001, S110 - not in the cache, or not a name that could be there: the hub says which
        pass
    try:
        pin = str(hub.HfApi().model_info(repository, revision=revision or None).sha)
    except Exception as error:  # noqa: BLE001 - as above
        raise BackendError(
            f"{backend}/{model} is neither a folder here nor in the hub's cache, and the hub does not give it: "
            f"{_words(error)}"
        ) from None
    return Weights(name, pin, None, repository)


def _whole(folder: Path) -> bool:
    """Whether a folder of the cache holds all of a model's weights."""
    indexes = list(folder.glob("*.index.json"))
    named = {file for index in indexes for file in json.loads(index.read_text()).get("weight_map", {}).values()}
    if any((folder / file).is_file() for file in ("model.safetensors", "pytorch_model.bin")):
        return True
    return bool(named) and all((folder / file).is_file() for file in named if file.endswith(".safetensors"))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and _counts(path))
    return tuple((str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in files)


def _counts(path: Path) -> bool:
    return path.suffix in {".json", ".model", ".txt", ".jinja", *_WEIGHTS} and not path.name.startswith(".")


@lru_cache(maxsize=32)
def _digest(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> str:
    """Digest the files that can change an answer, all of each: a tuned layer is a small part of them."""

    def of(path: str) -> bytes:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    whole = hashlib.sha256()
    with ThreadPoolExecutor() as pool:
        for (path, _, _), one in zip(stamp, pool.map(of, [path for path, _, _ in stamp]), strict=True):
            whole.update(f"{Path(path).relative_to(folder).as_posix()}\0".encode() + one)
    return whole.hexdigest()[:24]


def _words(error: Exception) -> str:
    return redact(" ".join(str(error).split())[:300]) or type(error).__name__


#: The number formats in which a model can be loaded.
DTYPES = ("bfloat16", "float16", "float32")


def devices() -> tuple[str, ...]:
    """Name the cards that this process may use, as CUDA_VISIBLE_DEVICES does; none where there is no GPU."""
    torch: Any = importlib.import_module("torch")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    allowed = [one.strip() for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one.strip()]
    return tuple(allowed[:count]) if len(allowed) >= count else tuple(map(str, range(count)))
