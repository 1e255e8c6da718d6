"""Secrets that a person has lying about, and a server that sends back all it was sent: none of them leaves."""

from __future__ import annotations

import base64
import importlib
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from judges.test_llm_backends import ask, build, pair_case
from processes import HANGS, python
from servers.raw import Raw, Request, answer, chat
from servers.viewing import ViewServer

from judgebench.cli.registry import COMMANDS
from judgebench.domain import Status
from judgebench.errors import BackendError, JudgebenchError, UsageError
from judgebench.redaction import address_secrets, hidden, hide_logins, learn, learn_words, public_url, redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A word of each, by which it is found in whatever form it is written.
CANARIES = {
    "OPENAI_API_KEY": "sk-canary-openai-0123456789",
    "JUDGEBENCH_SERVER_API_KEY": "canary-server-0123456789",
    "HF_TOKEN": "hf_canaryhub0123456789",
    "AWS_SECRET_ACCESS_KEY": "canary/aws+0123456789",
    "MY_DATABASE": "postgres://me:canary-database@db.example/x",
    "FTP_PROXY": "http://me:canary-proxy@proxy.example:8080",
}
LOGIN, TOKEN = "me:canary\"login<&'", "canary-token+/0"


def spellings(secret: str) -> set[str]:
    """Write a secret in all the ways in which it is sent or shown."""
    return {
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    }


SECRETS = {
    spelling
    for secret in (
        *(value.rpartition("@")[0].rpartition("//")[2] or value for value in CANARIES.values()),
        LOGIN,
        TOKEN,
    )
    for spelling in (*spellings(secret), *spellings(secret.partition(":")[2] or secret))
}


def leaked(text: str | bytes) -> set[str]:
    seen = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return {secret for secret in SECRETS if secret in seen} | ({"canary"} if "canary" in seen.casefold() else set())


def echo(request: Request) -> bytes:
    """Send back all that came but the prompt, in every place of an answer."""
    heard = f"{request.path} {request.headers}"
    if "Question 3" in request.body.decode():
        return answer({"error": {"message": heard, "code": heard}}, "400 Bad")
    made = chat(f"{heard}\n[[A]]", reasoning_content=heard)
    made["model"] = heard
    return answer(made, **{"x-ratelimit-limit-requests": heard, "x-request-id": heard})


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str], str]]:
    """Give a folder with runs of an echoing server, the environment with all secrets, and the server's address."""
    folder = tmp_path_factory.mktemp("played")
    places = {name: str(folder / "home") for name in ("HOME", "XDG_CACHE_HOME", "JUDGEBENCH_CACHE", "JUDGEBENCH_SPOOL")}
    rows = [f"q{n},{'AB'[n % 2]},A,{'AB'[n // 2 % 2]},A,B" for n in range(8)]
    (folder / "labels.csv").write_text("\n".join(["id,judge,other,ann,ben,cleo", *rows]))
    rows = [f"q{n},What?,{n},{n / 40},{n % 9 / 10},{('fail', 'pass')[n * 7 % 40 > 20]}" for n in range(40)]
    (folder / "checks.csv").write_text("\n".join(["id,question,answer,p,q,ann", *rows]))
    with Raw(echo) as server:
        address = f"http://{quote(LOGIN, safe=':')}@127.0.0.1:{server.port}/v1?token={quote(TOKEN, safe='')}"
        yield folder, CANARIES | places, address


#: What each command is called with, on the runs and the labels that are there.
USES = {
    "run": [
        "run --judge server/m --judge server/n --base-url {url} --task pandalm --sample --runs runs --format json",
        "run --judge server/m --judge server/n --base-url {url} --task pandalm --sample --runs runs",
        "run --judge server/m --base-url {bad} --task pandalm --sample",
        "run --judge openai/m --base-url {url} --task judgebench --sample --attempts 1 --runs more",
        "run --judge openai/m --base-url {url} --task pandalm --sample --dry-run",
        "run --judge server/m --base-url {url} --task pandalm --sample --runs {bad}",
        "run --judge file.toml --task pandalm --sample --runs file --order original",
        "run --judge server/m --base-url {url} --task pandalm --sample --limit {url}",
    ],
    "probe": [
        "probe --judge server/m --base-url {url} --task pandalm --sample --limit 2 --probe refined --runs led",
        "probe {bad}",
    ],
    "validate-judge": [
        "validate-judge --judge server/m --base-url {url} --task pandalm --sample --limit 2 --probe refined --runs led",
        "validate-judge {bad}",
    ],
    "demo": ["demo"],
    "score": ["score runs", "score runs --format json", "score {bad}"],
    "humans": ["humans --csv labels.csv --judge-col judge --gold-col ann --gold-col ben --gold-col cleo"],
    "alt-test": ["alt-test --csv labels.csv --judge-col judge --gold-col ann --gold-col ben --gold-col cleo"],
    "compare": ["compare runs/*"],
    "power": ["power --csv labels.csv --judge-col judge --judge-col other --gold-col ann"],
    "gate": [
        "gate runs/*server-m* --against base.json --update",
        "gate runs/*server-n* --against base.json --junit junit.xml --github",
    ],
    "systems": ["systems runs"],
    "correct": ["correct --csv labels.csv --judge-col judge --gold-col ann"],
    "analyze": ["analyze runs/*"],
    "jury": ["jury --csv labels.csv --judge-col judge --judge-col other --gold-col ann"],
    "cascade": ["cascade --csv checks.csv --score-col p --score-col q --gold-col ann", "cascade {bad}"],
    "calibrate": ["calibrate --csv checks.csv --score-col p --gold-col ann", "calibrate {bad}"],
    "export": ["export file --output pairs.jsonl", "export {bad}"],
    "leaderboard": ["leaderboard runs", "leaderboard {bad}"],
    "report": ["report runs --output report.html --sample"],
    "reproduce": ["reproduce pandalm --data {bad}"],
    "results": ["results --data {bad} --output results"],
    "publish": ["publish runs --output site --allow-samples"],
    "doctor": ["doctor labels.csv", "doctor {bad}"],
    "validate": ["validate pandalm --data {bad}", "validate {bad}"],
    "verify": ["verify runs"],
    "pack": ["pack runs"],
    "show": ["show runs/*server-m*", "show server/m", "show {bad}"],
    "init": ["init checks.csv --yes --folder mine", "init {bad}"],
    "list": ["list judges", "list tasks", "list {bad}"],
}


#: Each command as a process of its own would have it, without loading the libraries anew.
PLAYER = """
import contextlib, glob, io, json, sys
from judgebench import redaction
from judgebench.cli import main
for line in json.loads(sys.argv[1]):
    redaction._learned.clear()
    words = [found for word in line for found in (sorted(glob.glob(word)) if "*" in word else [word])]
    out, err, code = io.StringIO(), io.StringIO(), None
    sys.argv = ["judgebench", *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    print(json.dumps([words, code, out.getvalue(), err.getvalue()]))
"""


def test_no_output_and_no_file_of_any_command_holds_a_secret(played: tuple[Path, dict[str, str], str]) -> None:
    folder, env, url = played
    (folder / "file.toml").write_text(f"judge = 'server/m'\nbase_url = '''{url}'''\n")
    bad = url.removeprefix("http://")
    assert {*USES, "view"} == {*COMMANDS}
    lines = [[word.format(url=url, bad=bad) for word in line.split()] for uses in USES.values() for line in uses]
    done = python(folder, "-c", PLAYER, json.dumps(lines), env=env, timeout=HANGS)
    assert done.code == 0, done.err
    assert not leaked(done.err)
    codes: dict[str, list[int]] = {}
    for line in done.out.splitlines():
        words, code, out, err = json.loads(line)
        codes.setdefault(words[0], []).append(code)
        assert not leaked(out), (words, out)
        assert not leaked(err), (words, err)
        assert "Traceback" not in err, (words, err)
        assert code in {0, 1, 2, 3, 4, 5, 6, None}, (words, err)
    # The commands did work: asked, measured, wrote.
    assert not any(codes[name][0] for name, uses in USES.items() if "{bad}" not in uses[0]), codes
    found = {str(path.relative_to(folder)): leaked(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    assert len(found) > 20
    # It is the person's own.
    found.pop("file.toml")
    assert {path: secrets for path, secrets in found.items() if secrets} == {}
    verdicts = b"".join(path.read_bytes() for path in folder.glob("more/*/verdicts.jsonl"))
    assert b"[redacted]" in verdicts
    view = ViewServer(folder, "more")
    try:
        pages = [view.ask("GET", path).body for path in ("/", "/api/runs", "/report", "/report?run=x", "/compare")]
    finally:
        view.kill()
    assert b"openai/m" in pages[1]
    assert [leaked(page) for page in pages] == [set()] * len(pages)


def test_a_function_that_raises_a_secret_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def judge(item):\n    raise ValueError('http://me:canary-word@db.example/x and Bearer canary-bearer')\n"
    )
    done = python(tmp_path, "-m", "judgebench", "run", "--judge", "mine:judge", "--task", "pandalm", "--sample",
                  env={"PYTHONPATH": str(tmp_path)})  # fmt: skip
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("runs/**/*") if path.is_file())
    assert "canary" not in done.out + done.err
    assert b"canary" not in stored
    assert b"ValueError" in stored


@pytest.mark.parametrize("backend", ["openai", "server"])
def test_a_token_in_a_query_goes_along_and_stays_there(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    with Raw(echo) as server:
        judge = build(backend, f"{server.url}?token={quote(TOKEN, safe='')}&v=1&")
        [reply] = ask(judge, pair_case())
    assert reply.status is Status.OK
    assert server.requests[0].path.partition("?")[0].endswith("/v1/chat/completions") or backend == "openai"
    assert not leaked(f"{reply} {judge.settings}")


@pytest.mark.parametrize(
    "text",
    [
        *("me:canary@host", "http://me:canary@host/v1", "can't read 'me:canary@host:80/x'", "(s3://canary:x@bucket)"),
        *("postgres://canary@h and a:canary@[::1]:80", "--base-url=me:canary@h", "HTTPS://me:canary@h"),
    ],
)
def test_a_login_is_seen_wherever_it_is_written(text: str) -> None:
    assert "canary" not in hide_logins(text)
    assert "canary" not in str(JudgebenchError(text))
    assert "canary" not in redact(text)


@pytest.mark.parametrize(
    "text", ["mail a.b@host.example", "see https://host/@me/x", "12:30 @noon", "f1@5: 0.3", "A: 1\nB@2", "git@host:x/y"]
)
def test_what_is_no_login_stays(text: str) -> None:
    assert hide_logins(text) == text


def test_an_address_is_public_without_all_that_may_be_secret() -> None:
    for url, public in {
        "http://u:canary@[::1]:80/v1?api_key=canary#f": "http://[::1]:80/v1",
        "http://u:canary@[::1": "http://[::1",
        "u:canary@host:8000/v1": "host:8000/v1",
        "canary@host": "host",
        "http://u:canary@": "http://",
        "host:80?token=canary": "host:80",
        "http://u:can/ary@host:x": "http://host:x",
        "https://host/v1/@me": "https://host/v1/@me",
        "": "",
    }.items():
        assert public_url(url) == public


def test_short_words_are_no_secrets() -> None:
    # A password "A" would else blank every verdict.
    assert address_secrets("http://me:A@host/?v=2024-10-21") == ("me:A", "bWU6QQ==")
    learn("http://long-canary:test@host")
    assert hidden("test [[A]] long-canary:test") == "test [[A]] [redacted]"


@pytest.mark.parametrize(
    "word",
    [
        *(
            "server/publishers/claude-3-5-sonnet@20240620",
            "server/some-model@sha256:0123abcd",
            "--judge-col=label-of@gpt-4o",
        ),
        *("/home/somebody@work/labels.csv", r"C:\Users\somebody@work\labels.csv", "C:/Users/somebody@work/x.csv"),
        *("predictions@v2.csv", "somebody.else@host.example"),
    ],
)
def test_a_word_with_an_at_is_no_login(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judgebench.redaction._learned", set[str]())
    learn_words([word, word.partition("=")[2] or word])
    assert hidden(word) == word


@pytest.mark.parametrize(
    "word",
    [
        *("me:canary-word@host", "me:canary-word@[::1]:80/v1", "canary-word@host:8000/v1", "canary-word@127.0.0.1:80"),
        *("http://canary-word@host", "--base-url=u:canary-word@h", "h:80?token=canary-word"),
    ],
)
def test_a_login_on_the_command_line_is_one(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judgebench.redaction._learned", set[str]())
    learn_words([word, word.partition("=")[2] or word])
    assert not leaked(hidden("'canary-word' is not what I want"))


def test_what_is_no_key_changes_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "00000000")
    monkeypatch.setenv("LOCAL_KEY", "judgebench")
    monkeypatch.setenv("SORT_KEY", "incorrect")
    monkeypatch.setenv("DB_PASSWORD", "hunterhunter")
    for text in ("0.30000000000000004", '"schema": "judgebench.scores/1"', "100000000", "00000000.5", "[[incorrect]]"):
        assert hidden(text) == text
    assert hidden("hunterhunter") == "[redacted]"
    assert hidden("key '00000000'. v.00000000, 00000000.") == "key '[redacted]'. v.[redacted], [redacted]."


def test_a_redirect_to_a_login_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGEBENCH_SERVER_API_KEY", "canary-0123456789")
    location = "http://canary:canary-0123456789@elsewhere.example/canary-0123456789?key=canary"
    server = Raw(lambda _: answer("", "302 On", Location=location))
    with server, pytest.raises(BackendError, match=r"elsewhere\.example") as caught:
        ask(build("server", server.url), pair_case())
    assert not leaked(str(caught.value))


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_what_no_client_can_be_made_of_ends_the_run_and_is_told(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    monkeypatch.setenv(variable, "http://me:canary-proxy@[::1")
    with pytest.raises(BackendError, match=r"no client can be made.*proxies") as caught:
        ask(build("openai", "http://127.0.0.1:9"), pair_case())
    assert not leaked(str(caught.value))


NO_ADDRESS = [
    "http://.:9/v1",
    "http://u:s3cret@" + "h" * 64,
    "http://u:s3cret@h..h",
    "http://\ud800",
    "http://u:s3cret-pw@[::1",
    "http://h:99999",
    "http://h:0",
    "http://h:port",
    "u:s3cret-pw@h:8000/v1",
    "//h",
    "http://",
    "s3cret-pw@h",
    "https://u:s3cret/pw@h:x",
    "http://u:s3cret-pw@",
    "h:80?token=s3cret-pw",
    "http:u:s3cret-pw@h",
    "file:///etc/passwd",
    "http://�:s3cret@h:-1",
    "http://u:s3cret#pw@h:x",
]


@pytest.mark.parametrize("url", NO_ADDRESS)
@pytest.mark.parametrize("backend", ["openai", "anthropic", "server"])
def test_what_is_no_address_is_refused_without_its_login(backend: str, url: str) -> None:
    with pytest.raises(UsageError, match="base_url") as caught:
        importlib.import_module(f"judgebench.judges.backends.{backend}").create(
            "m", prompt=None, base_url=url, temperature=None, max_tokens=9, timeout=1.0, seed=None
        )
    assert "s3cret" not in str(caught.value)
