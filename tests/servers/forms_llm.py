"""A loopback model that answers in whatever form it is asked for: schema, tool, log-probabilities, n.

What it says is drawn by the hash of what it was sent, of the words that the request or the end of the prompt offers.
``replies`` are given instead, in turn, where a test wants its own; each is a text, or a function of the request's body.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
from typing import Any

from servers.fake_batches import FakeBatches
from servers.fake_llm import FakeLLM, _texts

_LINE = re.compile(r"^\"?([^\"\n:]+?)\"?(?: if .*|: .*| \((?:worst|best)\))?$")


def offered(prompt: str) -> list[str]:
    """The words that the last paragraph lists behind its last colon."""
    listed = prompt.rstrip().rpartition(":\n")[2]
    if bounds := re.search(r"whole number from (-?\d+) .* to (-?\d+)", listed):
        return [str(n) for n in range(int(bounds[1]), int(bounds[2]) + 1)]
    if found := re.search(r"a number from (\S+) \(worst\) to (\S+) \(best\)", listed):
        return [f"{float(found[1]) + n * (float(found[2]) - float(found[1])) / 8:g}" for n in range(9)]
    return [found[1].strip("[]") for line in listed.splitlines() if (found := _LINE.match(line))]


class FormsLLM(FakeLLM):
    """The server of `FakeLLM`, whose chat completions keep to the form."""

    def __init__(self, *, answers: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        #: Answers to one request that it gives at most, whatever ``n`` says.
        self.answers = answers
        self.noise = 0

    def writer(self, api: str) -> Any:
        return self._body if api == "openai" else self._blocks

    def _drawn(self, body: dict[str, Any], salt: int) -> str:
        words = [str(word) for word in _enum(body)] or offered("\n".join(_texts(body)))
        text = f"{_texts(body)}{salt}{self.noise}"
        return words[int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % len(words)]

    def _several(self, body: dict[str, Any], prompt: str, salt: int) -> str:
        """An order of all responses, or a word for each step, where the prompt wants one; else empty."""
        end = prompt[-600:]
        if found := re.search(r"each of the numbers ([\d, ]+) once", end):
            shuffled = random.Random(f"{prompt}{salt}").sample(numbers := found[1].split(", "), len(numbers))
            return " > ".join(shuffled)
        if "one V for each step" in end:
            return ", ".join(self._drawn(body, salt + n) for n in range(len(re.findall("=== begin step", prompt))))
        return ""

    def _object(self, body: dict[str, Any], salt: int) -> dict[str, Any]:
        schema = _schema(body)
        names = [name for name in schema["properties"] if name != "reason"] if schema else ["verdict"]
        integer = bool(schema) and schema["properties"][names[0]]["type"] == "integer"
        several = self._several(body, "\n".join(_texts(body)), salt)
        said = {name: several or self._drawn(body, salt + number) for number, name in enumerate(names)}
        return {"reason": "so it is"} | {name: int(word) if integer else word for name, word in said.items()}

    def _body(self, body: dict[str, Any], prompt: str, reply: str, fault: str | None) -> dict[str, Any]:
        count = min(body.get("n", 1), self.answers or body.get("n", 1))
        choices = [self._choice(body, prompt, reply, number, fault) for number in range(count)]
        tokens = {"prompt_tokens": len(prompt) // 4, "completion_tokens": 10 * count}
        return {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"], "choices": choices} | {
            "usage": tokens | {"total_tokens": sum(tokens.values())}
        }

    def _choice(self, body: dict[str, Any], prompt: str, reply: str, number: int, fault: str | None) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": reply}
        choice: dict[str, Any] = {"index": number, "message": message, "finish_reason": "length" if fault else "stop"}
        end = prompt.rpartition("\n\n")[2]
        several = self._several(body, prompt, number)
        if body.get("tools"):
            call = {"name": body["tools"][0]["function"]["name"], "arguments": json.dumps(self._object(body, number))}
            message |= {"content": None, "tool_calls": [{"id": "c", "type": "function", "function": call}]}
            choice["finish_reason"] = "tool_calls"
        elif body.get("response_format") or "JSON object" in end:
            message["content"] = json.dumps(self._object(body, number))
        elif body.get("logprobs"):
            words = offered(prompt)
            said = self._drawn(body, number)
            tops = [
                {"token": word[:1], "logprob": math.log(0.7 if word == said else 0.2 / len(words))} for word in words
            ]
            first = next(top for top, word in zip(tops, words, strict=True) if word == said)
            rest = [{"token": said[1:], "logprob": 0.0, "top_logprobs": []}] if said[1:] else []
            message["content"] = said
            choice["logprobs"] = {"content": [first | {"top_logprobs": tops}, *rest]}
        elif "Begin with one line" in end:
            message["content"] = f"{several or self._drawn(body, number)}\nFor it is so."
        elif ("one last line" in end and "brackets" not in end) or "regular expression" in end:
            message["content"] = (
                f"It is so.\nVerdict: {several or self._drawn(body, number)}"
                if "regular" in end
                else (f"It is so.\n{several or self._drawn(body, number)}")
            )
        elif number or "[[" in end or several:
            message["content"] = f"It is so.\n[[{several or self._drawn(body, number)}]]"
        return choice

    def _blocks(self, body: dict[str, Any], prompt: str, reply: str, fault: str | None) -> dict[str, Any]:
        content: list[dict[str, Any]] = [{"type": "text", "text": reply}]
        if body.get("tools"):
            tool = {"type": "tool_use", "id": "t", "name": body["tools"][0]["name"], "input": self._object(body, 0)}
            content = [{"type": "text", "text": "I call."}, tool]
        stop = "max_tokens" if fault else "tool_use" if body.get("tools") else "end_turn"
        return {"id": "m", "type": "message", "role": "assistant", "model": body["model"], "content": content} | {
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": len(prompt) // 4, "output_tokens": 10},
        }


def _schema(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("tools"):
        tool = body["tools"][0]
        return tool.get("input_schema") or tool["function"]["parameters"]
    return body.get("response_format", {}).get("json_schema", {}).get("schema", {})


def _enum(body: dict[str, Any]) -> list[Any]:
    fields = _schema(body).get("properties", {})
    return next((shape["enum"] for shape in fields.values() if "enum" in shape), [])


class Vendors(FormsLLM, FakeBatches):
    """Answers in every form, live and in batches."""
