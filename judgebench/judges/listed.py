"""The judges that there are: backends of models, and judges without one. The catalog makes them by name."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BACKENDS", "JUDGE_NOTES", "PLAIN_JUDGES", "BackendEntry"]


class BackendEntry(NamedTuple):
    """A factory ``create(model, **settings)``, what ``list judges`` says of it, and how its models are written.

    ``takes`` are the settings that it alone has a use for, ``key`` is the variable of a key without which it can't ask.
    """

    create: str
    note: str
    model: str = "MODEL"
    takes: tuple[str, ...] = ()
    key: str = ""


#: Backends of LLM judges: ``name/model``.
BACKENDS: dict[str, BackendEntry] = {
    "openai": BackendEntry(
        "judgebench.judges.backends.openai:create",
        "official SDK, OPENAI_API_KEY; gpt-… and o… need no prefix",
        key="OPENAI_API_KEY",
    ),
    "anthropic": BackendEntry(
        "judgebench.judges.backends.anthropic:create",
        "official SDK, ANTHROPIC_API_KEY; claude-… needs no prefix",
        key="ANTHROPIC_API_KEY",
    ),
    "litellm": BackendEntry(
        "judgebench.judges.backends.litellm:create",
        "every provider of litellm; the extra litellm",
        "PROVIDER/MODEL",
    ),
    "server": BackendEntry(
        "judgebench.judges.backends.server:create",
        "an OpenAI-compatible server at --base-url (vLLM, SGLang, Ollama, llama.cpp)",
    ),
    "hf": BackendEntry(
        "judgebench.judges.backends.hf:create",
        "a language model here; the extra local, as for the next two",
        takes=("dtype", "batch_tokens"),
    ),
    "reward": BackendEntry(
        "judgebench.judges.backends.reward:create",
        "a reward model here: a number for each answer, the higher the better",
        takes=("dtype", "batch_tokens", "thresholds"),
    ),
    "embedding": BackendEntry(
        "judgebench.judges.backends.embedding:create",
        "an embedding model here: how near an answer is to its reference",
        takes=("dtype", "batch_tokens", "thresholds"),
    ),
}
#: Judges without a model behind them: the part before the slash or the whole name.
PLAIN_JUDGES: dict[str, str] = {
    "baseline": "judgebench.judges.baselines:create",
    "contains": "judgebench.judges.baselines:LexicalJudge",
    "exact-match": "judgebench.judges.baselines:LexicalJudge",
}
#: What ``list judges`` says of each, in a line.
JUDGE_NOTES: dict[str, str] = {
    **{f"{name}/{one.model}": one.note for name, one in BACKENDS.items()},
    "replay:FILE[#COLUMN]": "recorded verdicts: a file, or a recording by the name that show TASK lists",
    "module:function": "a Python function of yours, sync or async",
    "CARD[/LAYOUT][:MODEL]": "a published judge by its card, as pandalm or mt-bench:gpt-4o (list cards)",
    "FILE.toml": "a judge file: a judge with its own prompt, sampling and prices, or a panel",
    "contains": "right if a reference occurs in the answer (check tasks)",
    "exact-match": "right if the answer is a reference (check tasks)",
    "baseline/first": "always the response shown first",
    "baseline/longest": "the longer response",
    "baseline/shortest": "the shorter response",
    "baseline/random": "a seeded guess",
    "baseline/majority": "the most frequent gold label of the task, always",
}
