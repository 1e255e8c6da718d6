"""How an answer ends: where the reasoning before it is over, and whether it is whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import RejectedError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Finish

# --- reasoning ----------------------------------------------------------------------------------

#: Tags of templates and prompts, with what some put before the name (``seed:think``, ``ant_thinking``).
_NAME = r"(?:\w+[:_])?(?:ant)?(?:think(?:ing)?|thoughts?|thought_process|reasoning|reflection|analysis|scratchpad)"
#: Then Magistral's, Kimi's, OpenThinker's and Cohere's, gpt-oss' channels, MedGemma's.
_END = re.compile(
    rf"<\s*/\s*{_NAME}\s*>|\[/think\]|◁/think▷|<\|end_of_thought\|>|<\|end_thinking\|>"
    r"|<\|channel\|>final<\|message\|>|<unused95>",
    re.IGNORECASE,
)
_BEGIN = re.compile(
    rf"^[ \t]*(?:<\s*{_NAME}(?:\s[^<>]*)?>|\[think\]|◁think▷|<\|begin_of_thought\|>|<\|start_thinking\|>"
    r"|<\|channel\|>(?:analysis|commentary)|<unused94>)",
    re.IGNORECASE | re.MULTILINE,
)
_ANSWERS = frozenset({None, "text", "output_text"})


def after_reasoning(text: str) -> str:
    r"""Return what stands after the last end of reasoning, the answer; it may be empty.

    The end alone suffices: some templates write the beginning into the prompt. Reasoning that begins a line and has no
    end is an answer that never came.

    >>> after_reasoning("Maybe [[A]]? No.</think>[[B]]"), after_reasoning("[[A]]\n<think> or rather")
    ('[[B]]', '')
    """
    end = 0
    for found in _END.finditer(text):
        end = found.end()
    rest = text[end:]
    return "" if _BEGIN.search(rest) else rest


def pieces(content: Any) -> list[tuple[bool, str]]:
    """Cut the content of a message, a string or a list of parts, into reasoning (True) and answer (False)."""
    if isinstance(content, str):
        return [(False, content)]
    found: list[tuple[bool, str]] = []
    parts: list[Any] = content if isinstance(content, list) else []
    for one in parts:
        if not isinstance(one, dict):
            continue
        part = cast("dict[str, Any]", one)
        kind = part.get("type")
        if kind in _ANSWERS if isinstance(kind, str | None) else False:
            found.append((bool(part.get("thought")), _words(part.get("text"))))
        elif kind != "refusal":
            found.append((True, _words([part.get(name) for name in ("thinking", "reasoning", "summary", "text")])))
    return found


def _words(value: Any, depth: int = 0) -> str:
    """Join the texts of a text, of a part, or of a list of them."""
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, dict):
        return _words(cast("dict[str, Any]", value).get("text"), depth + 1)
    texts: list[Any] = value if isinstance(value, list) else []
    return "".join(_words(one, depth + 1) for one in texts)


def told(said: Iterable[tuple[bool, str]]) -> str:
    r"""Write what a model said as one text, its reasoning marked as such: it is kept for whoever reads.

    >>> told([(True, "Hm."), (False, "[[A]]")])
    '<think>\nHm.\n</think>\n\n[[A]]'
    """
    return "".join(f"<think>\n{text}\n</think>\n\n" if reasoning else text for reasoning, text in said if text)


# --- whole or not -------------------------------------------------------------------------------

_FINISH: dict[str, Finish] = {
    **dict.fromkeys(
        ("stop", "end_turn", "stop_sequence", "eos", "eos_token", "endoftext", "complete", "completed"), "stop"
    ),
    **dict.fromkeys(
        ("length", "max_tokens", "max_output_tokens", "max_length", "model_length", "model_context_window_exceeded",
         "context_window_exceeded", "limit", "error_limit", "incomplete"),
        "length",
    ),
    **dict.fromkeys(
        ("content_filter", "content_filtered", "safety", "image_safety", "recitation", "blocklist", "spii",
         "prohibited_content", "language", "guardrail_intervened", "error_toxic", "sensitive"),
        "filter",
    ),
    "refusal": "refusal",
}  # fmt: skip
#: What may go well the next time.
_BROKEN = frozenset(
    {"error", "abort", "aborted", "cancelled", "canceled", "user_cancel", "timeout", "network_error", "other",
     "insufficient_system_resource", "server_error", "unspecified"}
)  # fmt: skip


def finish_of(backend: str, reason: object) -> Finish:
    """Say why an answer ended, by the words of all APIs; where a server says nothing, it is whole.

    RetryableError where the server broke off. RejectedError where the model wants something else than to answer, or
    nobody knows what the word means: no verdict is read of half an answer.
    """
    if isinstance(reason, dict):
        reason = cast("dict[str, object]", reason).get("type")
    if reason is None or reason == "":
        return "stop"
    word = re.sub(r"[^a-z0-9]+", "_", reason.casefold()).strip("_") if isinstance(reason, str) else ""
    word = re.sub(r"^finish_?reason_", "", word)
    if word in _FINISH:
        return _FINISH[word]
    if word in _BROKEN:
        raise RetryableError(f"{backend}: the server broke the answer off ({reason})")
    raise RejectedError(f"{backend}: the answer ended with {f'{reason!r}'[:60]}, not by itself")
