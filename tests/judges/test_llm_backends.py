"""Every backend against a real socket, in good and in bad weather."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import traceback
from typing import TYPE_CHECKING

import pytest
from asking import asked, close

from judgebench.domain import Case, Item, Reference, Response, Scale, Status, Turn
from judgebench.errors import BackendError, RejectedError, RetryableError, UsageError

if TYPE_CHECKING:
    from servers.fake_llm import FakeLLM

    from judgebench.domain import Reply
    from judgebench.judges.llm import LLMJudge

CANARY = "sk-canary-DoNotLeak-0123456789"
BACKENDS = [
    "openai",
    "anthropic",
    "server",
    pytest.param(
        "litellm",
        marks=[
            pytest.mark.skipif(importlib.util.find_spec("litellm") is None, reason="litellm is not installed"),
            # What litellm warns about at import is not ours to mend.
            pytest.mark.filterwarnings("ignore"),
        ],
    ),
]
each_backend = pytest.mark.parametrize("backend", BACKENDS)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "JUDGEBENCH_SERVER_API_KEY"):
        monkeypatch.setenv(name, CANARY)


def build(backend: str, url: str, **changes) -> LLMJudge:
    settings = {"prompt": None, "temperature": 0.0, "max_tokens": 64, "timeout": 5.0, "seed": None} | changes
    model = "openai/m" if backend == "litellm" else "m"
    base = url if backend == "anthropic" else f"{url}/v1"
    return importlib.import_module(f"judgebench.judges.backends.{backend}").create(model, base_url=base, **settings)


def pair_case(text: str = "") -> Case:
    item = Item(
        "i1",
        (Turn.of("user", f"Which is larger, 7 or 9? {text}"),),
        (Response("Nine."), Response("Seven.")),
        (),
        "human",
        references=(Reference("9"),),
    )
    return Case(item, (0, 1), reference="human")


def ask(judge: LLMJudge, *cases: Case, scale: Scale | None = None) -> list[Reply]:
    async def main() -> list[Reply]:
        try:
            return [await asked(judge, case, scale or Scale.pair()) for case in cases]
        finally:
            await close(judge)

    return asyncio.run(main())


@each_backend
def test_a_verdict_comes_back_with_its_tokens(fake_llm: FakeLLM, backend: str) -> None:
    (reply,) = ask(build(backend, fake_llm.anthropic_url), pair_case())
    assert reply.status is Status.OK
    assert reply.text.endswith(f"[[{Scale.pair().labels[reply.code]}]]")
    assert reply.usage.input_tokens > 50
    assert reply.usage.output_tokens > 5
    assert reply.usage.usd is None  # a loopback server has no known price
    assert reply.model == "m-fake"
    assert 0 < reply.seconds < 5
    assert len(fake_llm.requests) == 1


def test_all_backends_get_the_same_verdicts_on_the_same_prompts(fake_llm: FakeLLM) -> None:
    cases = [pair_case(str(n)) for n in range(12)]
    codes = {b: [r.code for r in ask(build(b, fake_llm.anthropic_url), *cases)] for b in BACKENDS[:3]}
    assert codes["openai"] == codes["anthropic"] == codes["server"]
    assert len(set(codes["server"])) > 1
    assert set(fake_llm.counts.values()) == {3}


@each_backend
def test_what_is_sent_is_what_the_settings_say(fake_llm: FakeLLM, backend: str) -> None:
    judge = build(backend, fake_llm.anthropic_url, temperature=0.5, max_tokens=77, seed=11)
    ask(judge, pair_case())
    body = fake_llm.requests[0].body
    assert body["temperature"] == judge.settings["temperature"] == 0.5
    assert body.get("max_tokens", body.get("max_completion_tokens")) == judge.settings["max_tokens"] == 77
    assert ("max_completion_tokens" in body) == (backend == "openai")
    assert body.get("seed") == judge.settings.get("seed") == (None if backend == "anthropic" else 11)


@each_backend
def test_temperature_none_and_no_seed_are_left_out(fake_llm: FakeLLM, backend: str) -> None:
    ask(build(backend, fake_llm.anthropic_url, temperature=None), pair_case())
    assert not {"temperature", "seed"} & set(fake_llm.requests[0].body)


@each_backend
@pytest.mark.parametrize("fault", ["500", "503", "cut", "half", "json", "empty", "error200", "error429", "429"])
def test_faults_that_may_pass_are_retryable_and_asked_once(fake_llm: FakeLLM, backend: str, fault: str) -> None:
    fake_llm.next(fault)
    with pytest.raises(RetryableError) as caught:
        ask(build(backend, fake_llm.anthropic_url), pair_case())
    # One request: retries are the engine's, which counts and spaces them.
    assert len(fake_llm.requests) == 1
    assert not caught.value.unreachable


@each_backend
def test_retry_after_is_read(fake_llm: FakeLLM, backend: str) -> None:
    fake_llm.next("429", "429-date")
    judge = build(backend, fake_llm.anthropic_url)
    with pytest.raises(RetryableError) as seconds:
        ask(judge, pair_case())
    with pytest.raises(RetryableError) as date:
        ask(judge, pair_case())
    assert seconds.value.retry_after == pytest.approx(0.05)
    assert 0 < date.value.retry_after <= 2


@each_backend
def test_a_hang_ends_at_the_timeout(fake_llm: FakeLLM, backend: str) -> None:
    judge = build(backend, fake_llm.anthropic_url, timeout=0.3 if backend != "litellm" else 1.5)
    if backend == "litellm":
        ask(judge, pair_case())  # its import alone takes longer than the timeout
    fake_llm.next("hang")
    with pytest.raises(RetryableError, match=r"(?i)time|no answer") as caught:
        ask(judge, pair_case())
    assert not caught.value.unreachable


@each_backend
def test_a_server_that_is_not_there_is_unreachable(backend: str) -> None:
    with pytest.raises(RetryableError) as caught:
        ask(build(backend, "http://127.0.0.1:9"), pair_case())
    assert caught.value.unreachable


@each_backend
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("401", "API_KEY"),
        ("403", "API_KEY"),
        ("404", "model"),
        ("quota", "credit"),
        ("temperature", "pass temperature none"),
    ],
)
def test_faults_that_every_item_would_meet_end_the_run(fake_llm: FakeLLM, backend: str, fault: str, words: str) -> None:
    fake_llm.next(fault)
    with pytest.raises(BackendError, match=words):
        ask(build(backend, fake_llm.anthropic_url), pair_case())


@each_backend
@pytest.mark.parametrize(("fault", "refused"), [("filter", True), ("400", False), ("413", False)])
def test_faults_of_one_item_end_that_item(fake_llm: FakeLLM, backend: str, fault: str, refused: bool) -> None:
    fake_llm.next(fault)
    with pytest.raises(RejectedError) as caught:
        ask(build(backend, fake_llm.anthropic_url), pair_case())
    assert caught.value.refused == refused


@each_backend
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("refusal", Status.REFUSED),
        ("blocked", Status.REFUSED),
        ("length", Status.TRUNCATED),
        ("two", Status.UNPARSED),
        ("none", Status.UNPARSED),
        ("offscale", Status.UNPARSED),
    ],
)
def test_unusable_answers_are_data_and_never_a_class(
    fake_llm: FakeLLM, backend: str, fault: str, status: Status
) -> None:
    fake_llm.next(fault)
    (reply,) = ask(build(backend, fake_llm.anthropic_url), pair_case())
    assert (reply.status, reply.code) == (status, None)
    assert reply.usage.input_tokens > 0


@each_backend
def test_the_judge_works_in_a_second_event_loop(fake_llm: FakeLLM, backend: str) -> None:
    judge = build(backend, fake_llm.anthropic_url)
    assert ask(judge, pair_case())[0].code == ask(judge, pair_case())[0].code


@each_backend
def test_odd_text_gets_through(fake_llm: FakeLLM, backend: str) -> None:
    (reply,) = ask(build(backend, fake_llm.anthropic_url), pair_case("\ud800 \x00 \u2028 \U0001f600 {{verdict}} {0}"))
    assert reply.status is Status.OK


@each_backend
@pytest.mark.parametrize("fault", ["401", "500", "cut", "json", "empty", "echo", "filter", "temperature", "error200"])
def test_no_key_reaches_an_error_a_log_a_reply_or_the_settings(
    fake_llm: FakeLLM, backend: str, fault: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    fake_llm.next(fault)
    judge = build(backend, fake_llm.anthropic_url)
    seen = [repr(judge), repr(judge.settings), repr(vars(judge))]
    try:
        seen.append(repr(ask(judge, pair_case())))
    except Exception as error:  # noqa: BLE001 - whatever comes must hold no key
        seen += ["".join(traceback.format_exception(error)), repr(error), str(error.__cause__)]
    sent = " ".join(fake_llm.requests[0].headers.values())
    assert CANARY in sent  # the key was used
    captured = capfd.readouterr()
    assert CANARY not in " ".join([*seen, caplog.text, captured.out, captured.err])


@pytest.mark.parametrize("backend", ["openai", "anthropic", "server"])
def test_a_key_with_a_line_break_works_and_one_that_no_header_carries_is_told(
    fake_llm: FakeLLM, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = {"server": "JUDGEBENCH_SERVER_API_KEY"}.get(backend, f"{backend.upper()}_API_KEY")
    monkeypatch.setenv(variable, "plain-canary-0123456789\r\n")
    fake_llm.next("echo")
    [reply] = ask(build(backend, fake_llm.anthropic_url), pair_case())
    assert reply.status is Status.OK
    assert "canary" not in reply.text
    monkeypatch.setenv(variable, "\u201cplain-canary-0123456789\u201d")
    with pytest.raises(BackendError, match=variable) as caught:
        ask(build(backend, fake_llm.anthropic_url), pair_case())
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("backend", "variable"), [("openai", "OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY")])
def test_a_missing_key_names_the_variable_at_the_first_call(
    backend: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable)
    judge = build(backend, "http://127.0.0.1:9")  # a dry run needs no key
    with pytest.raises(BackendError, match=variable):
        ask(judge, pair_case())


def test_a_server_needs_no_key(fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUDGEBENCH_SERVER_API_KEY")
    ask(build("server", fake_llm.anthropic_url), pair_case())
    assert "Authorization" not in fake_llm.requests[0].headers


@pytest.mark.parametrize("url", [None, "", "localhost:8000", "ftp://x"])
def test_a_server_needs_an_address(url: str | None) -> None:
    from judgebench.judges.backends.server import create

    with pytest.raises(UsageError, match="base_url"):
        create("m", prompt=None, base_url=url, temperature=0, max_tokens=9, timeout=1, seed=None)


def test_credentials_in_an_address_stay_out_of_settings_and_errors() -> None:
    judge = build("server", f"http://me:{CANARY}@127.0.0.1:9")
    with pytest.raises(RetryableError) as caught:
        ask(judge, pair_case())
    assert CANARY not in f"{judge.settings} {caught.value!r}"


@pytest.mark.parametrize(
    ("backend", "variable", "path"),
    [("openai", "OPENAI_BASE_URL", "/v1"), ("anthropic", "ANTHROPIC_BASE_URL", "")],
)
def test_the_sdks_own_address_variable_counts_and_is_recorded(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch, backend: str, variable: str, path: str
) -> None:
    monkeypatch.setenv(variable, f"{fake_llm.anthropic_url}{path}")
    create = importlib.import_module(f"judgebench.judges.backends.{backend}").create
    judge = create("m", prompt=None, base_url=None, temperature=0, max_tokens=9, timeout=5, seed=None)
    ask(judge, pair_case())
    assert len(fake_llm.requests) == 1
    assert judge.settings["base_url"] == f"{fake_llm.anthropic_url}{path}"


@each_backend
def test_images_travel_inline(fake_llm: FakeLLM, backend: str, tmp_path) -> None:
    from judgebench.domain import Part

    (tmp_path / "dot.png").write_bytes(b"\x89PNG fake IEND")
    turn = Turn("user", (Part("What is this?"), Part(image=str(tmp_path / "dot.png"))))
    item = Item("i", (turn,), (Response("a dot"), Response("a cat")), (), "human")
    (reply,) = ask(build(backend, fake_llm.anthropic_url), Case(item, (0, 1)))
    assert reply.status is Status.OK
    parts = fake_llm.requests[0].body["messages"][-1]["content"]
    images = [part for part in parts if part["type"] in {"image", "image_url"}]
    assert len(images) == 1
    assert "iVBORw" not in str(parts[0])
    assert "iVBORw"[:4] in str(images[0])


def test_a_missing_image_ends_its_item(fake_llm: FakeLLM) -> None:
    from judgebench.domain import Part

    item = Item("i", (Turn("user", (Part(image="no/such.png"),)),), (Response("a"), Response("b")), (), "human")
    with pytest.raises(RejectedError, match=r"no/such\.png"):
        ask(build("server", fake_llm.anthropic_url), Case(item, (0, 1)))


def test_missing_litellm_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from judgebench.judges.backends.litellm import create

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"pip install 'litellm"):
        create("openai/m", prompt=None, base_url=None, temperature=0, max_tokens=9, timeout=5, seed=None)


@pytest.mark.skipif(importlib.util.find_spec("litellm") is None, reason="litellm is not installed")
@pytest.mark.filterwarnings("ignore")
def test_a_litellm_name_without_a_provider_ends_the_run() -> None:
    from judgebench.judges.backends.litellm import create

    judge = create("nope", prompt=None, base_url=None, temperature=0, max_tokens=9, timeout=20, seed=None)
    with pytest.raises(BackendError, match="provider"):
        ask(judge, pair_case())


def test_many_calls_share_one_session(fake_llm: FakeLLM) -> None:
    judge = build("server", fake_llm.anthropic_url)

    async def main() -> list[Reply]:
        try:
            return await asyncio.gather(*(asked(judge, pair_case(str(n)), Scale.pair()) for n in range(200)))
        finally:
            await close(judge)

    replies = asyncio.run(main())
    assert {reply.status for reply in replies} == {Status.OK}
    assert max(fake_llm.counts.values()) == 1


def test_a_login_in_the_address_is_used_where_there_is_no_key(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUDGEBENCH_SERVER_API_KEY")
    judge = build("server", fake_llm.anthropic_url.replace("//", "//me:pass%40word@"))
    fake_llm.next("echo")
    [reply] = ask(judge, pair_case())
    assert fake_llm.requests[0].headers["Authorization"] == "Basic bWU6cGFzc0B3b3Jk"
    fake_llm.next("401")
    with pytest.raises(BackendError) as caught:
        ask(judge, pair_case())
    for shown in (reply.text, str(caught.value)):
        assert "[redacted]" in shown
        assert "bWU6cGFzc0B3b3Jk" not in shown


@pytest.mark.parametrize(("temperature", "version"), [(0.0, "2023-06-01"), (None, None)])
def test_a_temperature_goes_through_the_version_of_the_api_that_takes_one(
    fake_llm: FakeLLM, temperature: float | None, version: str | None
) -> None:
    judge = build("anthropic", fake_llm.anthropic_url, temperature=temperature)
    ask(judge, pair_case())
    assert judge.settings["api_version"] == version
    assert version in {None, fake_llm.requests[0].headers["anthropic-version"]}


def test_cached_tokens_are_input_tokens_in_either_api() -> None:
    from judgebench.judges.backends.anthropic import AnthropicBackend
    from judgebench.judges.backends.openai import OpenAIBackend

    options = {"base_url": None, "temperature": None, "max_tokens": 9, "timeout": 1.0, "seed": None}
    usage = {"input_tokens": 5, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 25, "output_tokens": 3}
    body = {"content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn", "usage": usage}
    anthropic = AnthropicBackend("m", **options).read(body, 1.0, ())
    usage = {"prompt_tokens": 100, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 70}}
    body = {"choices": [{"message": {"content": "x"}}], "usage": usage}
    openai = OpenAIBackend("m", **options).read(body, 1.0, ())
    for done in (anthropic, openai):
        assert (done.input_tokens, done.cached_tokens, done.output_tokens) == (100, 70, 3)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, BackendError), (429, RetryableError), ("502", RetryableError), (400, RejectedError), ("x", RetryableError)],
)
def test_an_error_in_a_200_means_what_it_says(code: object, kind: type[Exception]) -> None:
    from judgebench.judges.backends.chat import chat_completion

    with pytest.raises(kind, match="the upstream"):
        chat_completion("o/m", {"error": {"message": "the upstream", "code": code}}, key_variable="K", seconds=1.0)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000])
def test_json_nested_beyond_reason_is_no_json(text: str) -> None:
    from judgebench.judges.backends.chat import decode, error_body

    with pytest.raises(RetryableError, match="not JSON"):
        decode("server/m", 200, text)
    assert error_body(500, text) == text
