"""What must not leave this process: keys and logins, as they are written and as they are sent.

Every text that leaves goes through this file: an answer through `hidden`, our own words (notes, errors) through
`hide_logins`, and what a server said through `redact` besides. A secret is known by its place in the environment, or
because an address that holds one came by (`learn`).
"""

from __future__ import annotations

import base64
import json
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_MESSAGE = 300
#: Letters of a secret that is looked for in everything.
_SHORTEST = 8
#: What people name as the key of a server that needs none, or what is no key at all (`SORT_KEY=accuracy`): nobody hands
#: out plain words, and they are labels, metrics and our own name elsewhere. A password may be one.
_WORD = re.compile(r"[a-z]{1,12}")
_SECRET_NAME = re.compile(r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD)$")
_SECRET_FIELD = re.compile(r"key|token|secret|passw|sig|auth|cred|code", re.IGNORECASE)
# What logins and keys look like even where we don't hold them: a server may quote one back, in part or in full.
_LOGIN = r"(?<=://)[^\s/@]+(?=@)|(?<![^\s\"'(=])[^\s/@:\"'(=]+:[^\s/@]+(?=@[\w\[])"
_SHAPE = re.compile(
    rf"\b(?:sk|pk|rk|xai|gsk|hf|AIza)[-_][A-Za-z0-9_*.-]{{6,}}|(?<=Bearer )[^\s\"',]+|{_LOGIN}", re.IGNORECASE
)
_LOGIN_SHAPE = re.compile(_LOGIN)
#: A login without a scheme: `user:password@host`, but no drive before a path, or `token@host:port`.
_SAID = re.compile(r":(?![\\/])[^@]*@|@(?:[\w.-]+|\[[0-9A-Fa-f:]+\]):\d+(?![^/?#])")
_IN_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})
#: What addresses of this process held.
_learned: set[str] = set()


# --- addresses ----------------------------------------------------------------------------------


def public_url(url: str) -> str:
    """Return an address fit for a file: without user, password, query and fragment.

    >>> public_url("https://me:secret@example.org:8000/v1?key=1"), public_url("me:secret@host:80/v1?key=1")
    ('https://example.org:8000/v1', 'host:80/v1')
    """
    url = url.strip()
    if not is_address(url):
        # A login may hold what ends one in an address: where a text is not an address, all up to the last @ may be one.
        scheme, slashes, rest = url.rpartition("://")
        return f"{scheme}{slashes}{re.split('[?#]', rest.rpartition('@')[2])[0]}"
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def login_of(url: str | None) -> str:
    """Return the ``user:password`` of an address; empty where it has none."""
    parts = urlsplit(url.strip()) if url and is_address(url.strip()) else None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts and parts.username else ""


def is_address(url: str) -> bool:
    """Whether a text is an address with a host, and with a port that can be one where it names a port.

    >>> [is_address(url) for url in ("http://[::1]:80/v1", "http://[::1", "http://h:99999", "localhost:8000")]
    [True, False, False, False]
    """
    try:
        parts = urlsplit(url)
        # What names no host in the DNS raises a ValueError, too.
        return bool(parts.hostname and parts.hostname.encode("idna")) and parts.port != 0
    except ValueError:
        return False


def address_secrets(url: str | None, least: int = 4) -> tuple[str, ...]:
    """Say what must never show of an address that holds a login or a key, as it is written and as it is sent.

    What has fewer than ``least`` letters is found everywhere, and keeps nobody out.

    >>> address_secrets("https://me:p%40ss@example.org/?key=0123")
    ('me:p%40ss', 'p%40ss', 'p@ss', 'bWU6cEBzcw==', '0123')
    """
    url = (url or "").strip()
    whole = is_address(url)
    rest = url.partition("://")[2] or url
    written = (urlsplit(url).netloc if whole else rest).rpartition("@")[0]
    found: list[str] = []
    if written:
        login = login_of(url) or unquote(written)
        # A login without a password is a token in the user's place.
        found = [written, *(text.partition(":")[2] or text.rstrip(":") for text in (written, login))]
        found.append(base64.b64encode(login.encode("utf-8", "surrogatepass")).decode("ascii"))
    fields = parse_qsl(url.partition("#")[0].partition("?")[2])
    found += [value for name, value in fields if _SECRET_FIELD.search(name) or len(value) >= 20]
    return tuple(dict.fromkeys(one for one in found if len(one) >= least))


# --- texts --------------------------------------------------------------------------------------


def learn(*addresses: str | None) -> None:
    """Remember what must never show of addresses; in all that is printed, a password "test" would blank every test."""
    for address in addresses:
        _learned.update(address_secrets(address, _SHORTEST))


def learn_words(words: Iterable[str]) -> None:
    """Remember the logins among words of any kind: a model's version and a mail's host have an @, too."""
    for word in words:
        is_login = "://" in word or _SAID.search(word)
        learn(word if is_login else word.rpartition("@")[2])


def environment_secrets() -> tuple[str, ...]:
    """Values of environment variables that are named like keys (eight characters or more), and logins in addresses."""
    found: list[str] = []
    for name, value in os.environ.items():
        if _names_a_secret(name):
            # Bare, as they are sent: a key from a file often carries a line break into the variable.
            bare = value.strip()
            is_word = _WORD.fullmatch(bare) and name.upper().endswith(("KEY", "TOKEN"))
            found += [bare] if len(bare) >= _SHORTEST and not is_word else []
        elif "://" in value and len(value.split()) == 1:
            found += address_secrets(value, _SHORTEST)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def _names_a_secret(variable: str) -> bool:
    return _SECRET_NAME.search(variable.upper()) is not None


@lru_cache(maxsize=256)
def _spellings(secret: str) -> tuple[str, ...]:
    """Write a secret as JSON, HTML and addresses do; some leave what may be in a query."""
    raw = secret.encode("utf-8", "surrogatepass")
    quoted = (quote(raw, safe=safe) for safe in ("", "/", "/?:@!$'()*,;"))
    return tuple({secret, json.dumps(secret)[1:-1], secret.translate(_IN_HTML), *quoted})


def hide(text: str, secrets: Iterable[str]) -> str:
    """Blank out exact secrets in a text; everything else is left as it is."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if secret.isdecimal():
            # Part of a longer number is not a secret: figures would change, and JSON break.
            text = re.sub(rf"(?<!\d)(?<!\d\.){secret}(?!\.?\d)", "[redacted]", text)
            continue
        for spelling in _spellings(secret):
            text = text.replace(spelling, "[redacted]")
    return text


def hidden(text: str) -> str:
    """Blank out all that is known to be secret."""
    return hide(text, {*_learned, *environment_secrets()})


def hide_logins(text: str) -> str:
    """Blank out what is secret or looks like a login, in words of our own: an address may have come by unseen.

    >>> hide_logins("can't read me:pass@host/runs, http://a:b@c or d@e.org")
    "can't read [redacted]@host/runs, http://[redacted]@c or d@e.org"
    """
    return _LOGIN_SHAPE.sub("[redacted]", hidden(text))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Make words from outside fit for an error message: no secrets, one line, not too long.

    >>> redact("Incorrect API key provided: sk-abc***xyz.  Bearer t0ps3cret", ["t0ps3cret"])
    'Incorrect API key provided: [redacted] Bearer [redacted]'
    """
    # Secrets first, whole; then no more than what is shown is searched for what looks like one.
    text = " ".join(hidden(hide(text[: 100 * _LONGEST_MESSAGE], secrets)).split())[: 2 * _LONGEST_MESSAGE]
    text = _SHAPE.sub("[redacted]", text)
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
