"""Answers that are none: no verdict is read of reasoning, of half an answer, or of a failure.

``JUDGEBENCH_FUZZ=200000 pytest tests/hostile/test_replies.py`` plays that many generated answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import random
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from asking import asked, close
from judges.test_llm_backends import build
from servers.raw import Raw, chat

from judgebench.domain import Case, Completion, Item, Response, Scale, Status, Turn
from judgebench.errors import BackendError, CallError, RejectedError, RetryableError
from judgebench.judges.backends.anthropic import AnthropicBackend
from judgebench.judges.backends.openai import OpenAIBackend
from judgebench.judges.backends.server import ServerBackend
from judgebench.judges.endings import after_reasoning
from judgebench.judges.forms import Form
from judgebench.judges.prompts import default_prompts
from judgebench.run.dialogue import checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Reply
    from judgebench.judges.backends.base import ApiBackend

FUZZ = int(os.environ.get("JUDGEBENCH_FUZZ", "600"))
PAIR = Scale.pair()
CASE = Case(Item("i", (Turn.of("user", "q"),), (Response("a"), Response("b")), (), "human"), (0, 1))
FORM = Form(default_prompts()["pair"])
OPTIONS = {"base_url": "http://127.0.0.1:9", "temperature": None, "max_tokens": 9, "timeout": 1.0, "seed": None}
CHATS: list[ApiBackend] = [ServerBackend("m", **OPTIONS), OpenAIBackend("m", **OPTIONS)]
ANTHROPIC = AnthropicBackend("m", **OPTIONS)


def read(backend: ApiBackend, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Read what came over the wire to a reply, as the engines do."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return checked(FORM.reply(backend.answer(status, headers or {}, raw, 0.0), PAIR), CASE, PAIR)


def claude(blocks: Any, stop: Any = "end_turn") -> dict[str, Any]:
    return {"model": "m", "content": blocks, "stop_reason": stop, "usage": {"input_tokens": 1, "output_tokens": 1}}


@pytest.mark.parametrize(
    "begin_end",
    [
        *((f"<{name}>", f"</{name}>") for name in ("think", "thinking", "thought", "reasoning", "scratchpad", "Think")),
        ("<seed:think>", "</seed:think>"),
        ("<ant_thinking>", "</ant_thinking>"),
        ("<antThinking>", "</antThinking>"),
        ('<think budget="9">', "</ think >"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("<unused94>thought", "<unused95>"),
    ],
)
def test_reasoning_is_not_an_answer_whatever_marks_it(begin_end: tuple[str, str]) -> None:
    begin, end = begin_end
    for text, label in (
        (f"{begin}It is [[A]].{end}\n[[B]]", "B"),
        (f"It is [[A]].{end}\n[[B]]", "B"),
        (f"It is [[A]].\n\n{end}\n\nI can't say.", None),
        (f"{begin}It is [[A]].", None),
        (f"{begin}No.{end}[[A]]\n{begin}[[A]]", None),
        (f"{begin}No.{end}[[A]]\n{begin}[[B]]?{end}[[B]]", "B"),
        (f"[[A]]{begin}sure{end}", None),
    ):
        reply = read(CHATS[0], chat(text))
        assert (reply.status, reply.code) == (
            (Status.UNPARSED, None) if label is None else (Status.OK, PAIR.code(label))
        ), text
        assert reply.text == text


def test_the_end_of_reasoning_is_found_in_no_time() -> None:
    # What would take a backtracking search hours.
    for text in ("\n" * 300_000, "<" * 300_000, "< " * 300_000, "<" + "a_" * 200_000, "<think" * 100_000):
        assert after_reasoning(text) in {text, ""}


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def thought(text: Any, kind: str = "thinking") -> dict[str, Any]:
    return {"type": kind, kind: text}


@pytest.mark.parametrize(
    "message",
    [
        {"content": "[[B]]", "reasoning_content": "[[A]]"},
        {"content": "[[B]]", "reasoning": "[[A]]"},
        {"content": [{"type": "reasoning", "text": "[[A]]"}, said("[[B]]")]},
        {"content": [thought([said("[[A]]")]), said("[[B]]")]},
        {"content": [said("[[A]]", thought=True), said("[[B]]")]},
        {"content": [said("[[A]]"), thought("or"), said("[[B]]")]},
        {"content": [{"type": ["text"], "text": "[[A]]"}, {"text": "[[B]]"}]},
    ],
)
def test_parts_that_are_reasoning_are_kept_and_not_read(message: dict[str, Any]) -> None:
    reply = read(CHATS[0], chat(**message))
    assert (reply.status, reply.code) == (Status.OK, PAIR.code("B"))
    assert "[[A]]" in reply.text
    alone = message | {"content": message["content"][:1] if isinstance(message["content"], list) else ""}
    if alone["content"] != [said("[[A]]")]:
        assert read(CHATS[0], chat(**alone)).status is Status.UNPARSED


@pytest.mark.parametrize(
    "blocks",
    [
        [thought("[[A]]"), said("[[B]]")],
        [said("[[A]]"), thought("hm"), said("[[B]]")],
        [{"type": "reasoning", "text": "[[A]]"}, {"type": "redacted_thinking", "data": "x"}, said("[[B]]")],
    ],
)
def test_blocks_of_anthropic_as_well(blocks: list[dict[str, Any]]) -> None:
    reply = read(ANTHROPIC, claude(blocks))
    assert (reply.status, reply.code) == (Status.OK, PAIR.code("B"))
    assert "[[A]]" in reply.text


WHOLE = [None, "", "stop", "STOP", "end_turn", "eos", "stop_sequence", "COMPLETE", {"type": "stop", "matched": 2}]
ENDED = {
    **dict.fromkeys(["length", "MAX_TOKENS", "model_length", "FinishReason.MAX_TOKENS"], Status.TRUNCATED),
    **dict.fromkeys(["content_filter", "SAFETY", "RECITATION", "guardrail_intervened", "refusal"], Status.REFUSED),
}
AGAIN = ["error", "abort", "ERROR", "OTHER", "insufficient_system_resource", {"type": "abort"}]
NEVER = ["tool_calls", "function_call", "tool_use", "pause_turn", "MALFORMED_FUNCTION_CALL", "what?", ["stop"], 7, True,
         {"type": ["stop"]}, {}, "x" * 10_000]  # fmt: skip


@pytest.mark.parametrize("api", ["chat", "anthropic"])
def test_only_an_answer_that_ended_by_itself_is_whole(api: str) -> None:
    def end(reason: Any) -> Reply:
        if api == "chat":
            return read(CHATS[0], chat("[[A]]", reason))
        return read(ANTHROPIC, claude([{"type": "text", "text": "[[A]]"}], reason))

    assert [end(reason).status for reason in WHOLE] == [Status.OK] * len(WHOLE)
    assert {reason: end(reason).status for reason in ENDED} == ENDED
    for reason in AGAIN:
        with pytest.raises(RetryableError, match="broke the answer off"):
            end(reason)
    for reason in NEVER[:-2] if api == "chat" else NEVER[:4]:
        with pytest.raises(RejectedError, match="not by itself"):
            end(reason)


@pytest.mark.parametrize("value", [True, 2**53 + 1, 10**400, -1, 1.5, float("nan"), "9", [9], {"a": 1}])
def test_a_count_that_can_be_none_counts_nothing(value: object) -> None:
    body = chat("[[A]]")
    names = ("prompt_tokens", "completion_tokens")
    body["usage"] = dict.fromkeys(names, value) | {"prompt_tokens_details": {"cached_tokens": value}}
    reply = read(CHATS[0], body)
    assert (reply.status, reply.usage.input_tokens, reply.usage.output_tokens) == (Status.OK, 0, 0)


# --- generated --------------------------------------------------------------------------------------

ODD: list[Any] = [
    None, True, False, 0, -1, 2**53 + 1, 10**30, 1e308, float("nan"), "", " ", "[[A]]",
    "\x00\ud800\u2028\x1b[2J", "x" * 5000, [], {}, [[]], [None], {"": None}, {"text": "[[A]]"},
    [{"type": "text", "text": {"text": "[[A]]"}}],
]  # fmt: skip


def deep(rng: random.Random, depth: int) -> Any:
    value: Any = rng.choice(ODD)
    for _ in range(depth):
        value = [value] if rng.random() < 0.5 else {rng.choice(["text", "content", "error", "type"]): value}
    return value


def mutated(rng: random.Random, value: Any, spare: tuple[str, ...], path: str = "") -> Any:
    """Put something odd into one place or another, but where a path is spared."""
    if path not in spare and rng.random() < 0.08:
        return deep(rng, rng.choice([0, 0, 0, 1, 3]))
    if isinstance(value, list):
        return [mutated(rng, one, spare, f"{path}/{n}") for n, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    made = {key: mutated(rng, one, spare, f"{path}/{key}") for key, one in value.items()}
    return {key: one for key, one in made.items() if f"{path}/{key}" in spare or rng.random() > 0.05}


def test_no_generated_answer_is_a_verdict_that_it_does_not_give() -> None:
    """Each is made of a verdict in its reasoning and another in its answer; what it comes to is known beforehand."""
    ok = 0
    for seed in range(FUZZ):
        rng = random.Random(seed)
        hidden, given = rng.sample(["A", "B", "tie"], 2)
        readable = [f"[[{given}]]", f"So:\n\n[[ {given.lower()} ]]!"]
        answer = rng.choice([*readable, "I can't say.", f"[[{given}]] or [[{hidden}]]", ""])
        reasoning = f"First [[{hidden}]], and then\n\n[[{hidden}]]."
        status = rng.choice([200] * 8 + [201, 204, 300, 302, 400, 401, 404, 418, 429, 500, 503, 999])
        finish = rng.choice(WHOLE[:8] * 4 + list(ENDED) + AGAIN[:5] + NEVER[:6])
        tag = rng.choice(["think", "thinking", "reasoning"])
        parts = [thought(reasoning), said(answer)]
        shape = rng.choice(["plain", "tagged", "closed", "open", "field", "parts", "claude"])
        body = {
            "plain": chat(answer, finish),
            "tagged": chat(f"<{tag}>{reasoning}</{tag}>{answer}", finish),
            "closed": chat(f"{reasoning}</{tag}>\n{answer}", finish),
            "open": chat(f"<{tag}>{reasoning}", finish),
            "field": chat(answer, finish, reasoning_content=reasoning),
            "parts": chat(parts, finish),
            "claude": claude(parts, finish),
        }[shape]
        failed = rng.random() < 0.1
        if failed:
            body["error"] = rng.choice([{"message": "no", "code": 500}, "no", {"message": answer}, ["no"]])
        backend = ANTHROPIC if shape == "claude" else rng.choice(CHATS)
        good = 200 <= status < 300 and not failed and finish in WHOLE and shape != "open" and answer in readable
        try:
            reply = read(backend, body, status, {"Retry-After": rng.choice(["1", "x", "-1", "1e999", ""])})
        except (CallError, BackendError):
            assert not good, (seed, body)
            continue
        assert (reply.status is Status.OK) == good, (seed, body)
        assert reply.code == (PAIR.code(given) if good else None), (seed, body)
        ok += good
    assert ok > FUZZ / 12


#: What holds the verdict of an answer, and stays as it is where the verdict is looked at.
SPARED = (
    *("", "/choices", "/choices/0", "/choices/0/message", "/choices/0/message/content"),
    *("/content", "/content/0", "/content/0/type", "/content/0/text"),
)
HEADERS = [
    *(f"x-ratelimit-{what}-requests" for what in ("limit", "remaining", "reset")),
    *("retry-after", "retry-after-ms", "date", "ratelimit", "ratelimit-policy", "location"),
]
VALUES = [
    *("1", "0", "-1", "1e999", "nan", "9" * 5000, "Thu, 01 Jan 9999 00:00:00 GMT", "0001-01-01T00:00"),
    *("\x00", '"a";q=1;r=1;t=1', "\u0661", "999999999"),
]


def test_no_broken_answer_raises_anything_but_our_errors() -> None:
    longest = 0
    for seed in range(FUZZ):
        rng = random.Random(seed)
        whole = chat("[[B]]", reasoning_content="[[A]]") if seed % 2 else claude([{"type": "text", "text": "[[B]]"}])
        whole["error"] = None
        spared = rng.random() < 0.5
        body: Any = mutated(rng, whole, SPARED if spared else ())
        if not spared:
            raw = bytearray(json.dumps(body).encode())
            for _ in range(rng.choice([0, 1, 5])):
                raw[rng.randrange(len(raw))] = rng.randrange(256)
            body = bytes(raw[: rng.choice([len(raw), rng.randrange(len(raw) + 1)])])
        backend = rng.choice(CHATS) if seed % 2 else ANTHROPIC
        status = rng.choice([200, 200, 200, 400, 429, 500])
        headers = {rng.choice(HEADERS): rng.choice(VALUES) for _ in range(4)}
        try:
            reply = read(backend, body, status, headers)
        except (CallError, BackendError) as error:
            longest = max(longest, len(str(error)))
            continue
        if spared and reply.status is Status.OK:
            assert (status, reply.code) == (200, PAIR.code("B")), (seed, body)
        assert Completion.from_json(Completion(reply.text, model=reply.model).to_json())
    assert longest < 700


STARTS = [
    *(
        "HTTP/1.0 200",
        "HTTP/1.1 200",
        "HTTP/9.9 200 OK",
        "HTTP/1.1 100 On",
        "ICY 200",
        "HTTP/1.1 999 ?",
        "HTTP/1.1 -1 ?",
    ),
    *("HTTP/1.1 204 No", "HTTP/1.1 429 Slow", "\x00", ""),
]
SIZES = [
    *("Content-Length: -1", "Content-Length: 9e9", "Content-Length: 0", "Content-Length: 99999", "X: y"),
    *("Transfer-Encoding: chunked", "Transfer-Encoding: what"),
]
TYPES = ["Content-Type: text/html; charset=utf-16", "Content-Type: \xff", "Content-Type: a/b; charset=\x00"]
MORE = [["no colon"], [" folded"], ["X" * 70_000 + ": y"], ["Set-Cookie: a=b"] * 300, ["Content-Encoding: br"]]


def wire(rng: random.Random, body: bytes) -> bytes:
    """Write an answer as HTTP, and every other time not quite."""

    def mostly(usual: Any, others: list[Any]) -> Any:
        return usual if rng.random() < 0.9 else rng.choice(others)

    packed = {"gzip": gzip.compress, "deflate": zlib.compress}
    name = mostly(None, ["gzip", "deflate"])
    body = packed[name](body) if name else body
    lines = [
        mostly("HTTP/1.1 200 OK", STARTS),
        mostly("Content-Type: application/json", TYPES),
        mostly(f"Content-Length: {len(body)}", SIZES),
        *([f"Content-Encoding: {name}"] if name else []),
        *(f"{rng.choice(HEADERS)}: {rng.choice(VALUES)}" for _ in range(mostly(0, [1, 3]))),
        *mostly([], MORE),
    ]
    raw = bytearray("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    for _ in range(mostly(0, [1, 4])):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw[: mostly(len(raw), [rng.randrange(len(raw))])])


@pytest.mark.parametrize("name", ["server", "openai", "anthropic"])
def test_no_bytes_on_the_wire_raise_anything_but_our_errors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-0123456789")
    whole = claude([said("[[B]]")]) if name == "anthropic" else chat("[[B]]", reasoning_content="[[A]]")
    rng = random.Random(name)

    def reply(_: object) -> Iterator[bytes]:
        yield wire(rng, json.dumps(whole).encode())
        raise OSError("hang up")

    async def main(url: str) -> list[Reply]:
        judge = build(name, url, timeout=5.0)
        replies = []
        for _ in range(max(60, FUZZ // 10)):
            with contextlib.suppress(CallError, BackendError):
                replies.append(await asked(judge, CASE, PAIR))
        await close(judge)
        return replies

    with Raw(reply) as server:
        replies = asyncio.run(main(server.url))
    assert len(replies) > 10
    # A byte that was turned may have been the verdict's own, or a bracket's.
    assert sum(reply.code == PAIR.code("B") for reply in replies) > 0.9 * len(replies)
    assert not [reply for reply in replies if reply.status is Status.OK and "[[A]]" in after_reasoning(reply.text)]
