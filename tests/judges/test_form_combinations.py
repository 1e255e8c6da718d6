"""Every form with every scale, samples and effort: a verdict, or a refusal before anything is asked."""

from __future__ import annotations

from itertools import product

import pytest
from servers.forms_llm import FormsLLM

from judgebench.domain import Case, Item, Reply, Response, Scale, Status, Turn
from judgebench.errors import UsageError
from judgebench.judges.backends.base import model_judge
from judgebench.judges.backends.server import ServerBackend
from judgebench.judges.forms import NOTATIONS
from judgebench.run.dialogue import checked

FORMS = ["regex:^Verdict: (.*)$" if form == "regex" else form for form in NOTATIONS]
SCALES = {
    "check": 1, "pair": 2, "rate:1-5": 1, "pick:3": 3, "nominal:red,green": 1, "number:0-10": 1,
    "set:toxic,off topic": 1, "rank:3": 3, "steps": 3,
}  # fmt: skip
LLM = FormsLLM()


def asked(spec: str, form: str, samples: int, by: str, effort: str | None) -> Reply:
    options = {"base_url": "http://127.0.0.1:9/v1", "temperature": 1.0, "max_tokens": 99, "timeout": 9.0, "seed": None}
    judge = model_judge(
        ServerBackend,
        "m",
        prompt=None,
        form=form,
        samples=samples,
        samples_by=by,  # type: ignore[arg-type]  # one of two words
        effort=effort,
        **options,
    )
    scale = Scale.parse(spec)
    backend = ServerBackend("m", **options)  # type: ignore[arg-type]  # as above
    responses = tuple(Response(f"text {n}") for n in range(SCALES[spec]))
    case = Case(Item("i", (Turn.of("user", "q"),), responses, (), "human"), tuple(range(len(responses))))
    steps = judge.serving(scale).steps(case, scale)
    wanted = next(steps)
    while True:
        answers = []
        for request in wanted:
            body = backend.params(request)
            assert body.get("reasoning_effort") == effort
            prompt = "\n".join(message["content"] for message in body["messages"])
            answers.append(backend.read(LLM.writer("openai")(body, prompt, "", None), 0.1, ()))
        try:
            wanted = steps.send(answers)
        except StopIteration as end:
            return checked(end.value, case, scale)


@pytest.mark.parametrize(("spec", "form"), list(product(SCALES, FORMS)))
def test_every_combination_is_read_or_refused(spec: str, form: str) -> None:
    for samples, by, effort in (
        (1, "majority", None),
        (1, "majority", "low"),
        (3, "majority", None),
        (3, "mean", None),
    ):
        unlisted = not Scale.parse(spec).listed
        senseless = form == "logprobs" and (samples > 1 or unlisted)
        scattered = spec.startswith("number") and samples > 1 and by == "majority"
        if senseless or scattered:
            with pytest.raises(UsageError, match=r"logprobs|numbers seldom agree"):
                asked(spec, form, samples, by, effort)
            continue
        reply = asked(spec, form, samples, by, effort)
        drawn = samples > 1 and reply.error == "a draw between verdicts"
        assert reply.status is Status.OK or drawn, (form, samples, by, reply)
        assert len(reply.parts) == (samples if samples > 1 else 0)


def test_a_server_without_logprobs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judgebench.judges.backends.chat._logprobs", lambda content: ())
    reply = asked("check", "logprobs", 1, "majority", None)
    assert (reply.status, reply.error) == (Status.UNPARSED, "the answer came without log-probabilities")
