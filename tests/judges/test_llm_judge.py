"""Prompt x complete x parse, without a network."""

from __future__ import annotations

import asyncio

import pytest
from asking import asked

from judgebench.domain import Case, Completion, Item, Judge, Response, Scale, Status, Turn
from judgebench.errors import BackendError, RejectedError, RetryableError, UsageError
from judgebench.judges.backend import Failure, failure_of, http_error, unreachable
from judgebench.judges.headers import retry_after
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.prompts import load_prompt
from judgebench.judges.tokens import price
from judgebench.redaction import public_url, redact
from judgebench.run.dialogue import forecast

TIES = Item(
    "t",
    (Turn.of("user", "Name a prime."),),
    (Response("7"), Response("8"), Response("11"), Response("9")),
    (),
    "human",
    attributes=(("protocol", "rate-each"),),
)
PLAIN = Item("p", TIES.conversation, TIES.responses, (), "human")


class Script:
    """A backend that answers from a list; exceptions are raised."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, request):
        self.asked.append(request.messages)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Completion) else Completion(answer, "stop", 10, 2, model="m", seconds=0.5)


def judge(script, case, scale, price=None, **rest):
    return asyncio.run(asked(LLMJudge(Model("x/m", script, price=price), **rest), case, scale))


def test_it_is_a_judge_and_its_settings_name_its_prompts() -> None:
    one = LLMJudge(Model("x/m", Script()), settings={"model": "m"})
    assert isinstance(one, Judge)
    assert one.settings["model"] == "m"
    assert set(one.settings["prompts"]) == {"pair", "check", "rate", "number", "pick", "label", "set", "rank", "steps"}
    pick = LLMJudge(Model("x/m", Script()), prompt=load_prompt("pick"))
    assert set(pick.settings["prompts"]) == {"pick", "rate"}


def test_each_response_is_rated_by_itself_where_the_item_says_so() -> None:
    script = Script("[[4]]", "[[9]]", "[[2]]", "[[9]]")
    reply = judge(script, Case(TIES, (3, 0, 1, 2)), Scale.pick(4), price=lambda c: 0.01)
    assert reply.status is Status.OK
    assert reply.scores == (4.0, 9.0, 2.0, 9.0)
    assert reply.code == 1  # of the two nines the first as shown
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.seconds) == (40, 8, 2.0)
    assert reply.usage.usd == pytest.approx(0.04)
    shown = [messages[-1].text.partition("begin response")[2].split("\n")[1] for messages in script.asked]
    assert shown == ["9", "7", "8", "11"]
    assert "from 1 (worst) to 10 (best)" in script.asked[0][-1].text


def test_a_plain_pick_is_one_call_and_offers_what_is_shown() -> None:
    script = Script("[[4]]")
    reply = judge(script, Case(PLAIN, (0, 1, 2, 3)), Scale.pick(6))
    assert (reply.code, len(script.asked)) == (3, 1)
    assert "[[4]]" in script.asked[0][-1].text
    assert "[[5]]" not in script.asked[0][-1].text
    assert judge(Script("[[5]]"), Case(PLAIN, (0, 1, 2, 3)), Scale.pick(6)).status is Status.UNPARSED


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        ("no idea", Status.UNPARSED),
        (Completion("[[3]]", "length"), Status.TRUNCATED),
        (Completion("", "refusal"), Status.REFUSED),
    ],
)
def test_one_response_without_a_rating_leaves_the_case_without_a_verdict(bad, status) -> None:
    script = Script("[[4]]", bad, "[[9]]", "[[9]]")
    reply = judge(script, Case(TIES, (0, 1, 2, 3)), Scale.pick(4))
    assert (reply.status, reply.code, reply.scores) == (status, None, ())
    assert len(script.asked) == 4  # one round, in a batch and live


def test_an_unknown_price_is_none_and_never_nothing() -> None:
    assert judge(Script("[[1]]"), Case(PLAIN, (0, 1, 2, 3)), Scale.pick(4)).usage.usd is None


def test_a_wrong_prompt_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="pair"):
        judge(Script("[[A]]"), Case(PLAIN, (0, 1, 2, 3)), Scale.pick(4), prompt=load_prompt("pair"))


def test_a_forecast_asks_nobody() -> None:
    script = Script()
    one = LLMJudge(Model("x/m", script, price=lambda c: c.input_tokens * 1e-6))
    [each] = forecast(one, Case(TIES, (0, 1, 2, 3)), Scale.pick(4))
    [[(name, tokens, answer)]] = forecast(one, Case(PLAIN, (0, 1, 2, 3)), Scale.pick(4))
    assert [who for who, _, _ in each] == 4 * ["x/m"]
    assert (name, answer) == ("x/m", 300)
    assert sum(asked for _, asked, _ in each) > 2 * tokens > 600
    assert one.model.cost(tokens, answer).usd == pytest.approx(tokens * 1e-6)
    assert not script.asked


# --- prices -------------------------------------------------------------------------------------


def test_prices_are_looked_up_by_the_reported_version_first() -> None:
    done = Completion("", input_tokens=1000, output_tokens=100, model="gpt-4o-2024-08-06")
    official = price(done, "gpt-4o", url="https://api.openai.com/v1")
    assert official == pytest.approx(1000 * 2.5e-6 + 100 * 10e-6)
    cached = Completion("", input_tokens=1000, output_tokens=100, cached_tokens=1000, model="gpt-4o-2024-08-06")
    assert price(cached, "gpt-4o", url="https://api.openai.com/v1") < official


@pytest.mark.parametrize(
    ("model", "where"),
    [
        ("nobody-knows-this-model", {"provider": "openai"}),
        ("gpt-4o", {"provider": "no-such-provider"}),
        ("gpt-4o", {"url": "http://127.0.0.1:8000/v1"}),
        ("gpt-4o", {}),
    ],
)
def test_what_the_list_does_not_know_has_no_price(model, where) -> None:
    assert price(Completion("", input_tokens=10, output_tokens=10), model, **where) is None


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (408, {}, RetryableError),
        (409, {}, RetryableError),
        (425, {}, RetryableError),
        (429, {"error": {"message": "slow", "code": "rate_limit_exceeded"}}, RetryableError),
        (529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, RetryableError),
        (429, {"error": {"message": "x", "type": "insufficient_quota"}}, BackendError),
        (402, "Payment required", BackendError),
        (400, {"error": {"message": "Your credit balance is too low to access the API"}}, BackendError),
        (401, {"error": "no"}, BackendError),
        (404, {"detail": "Not Found"}, BackendError),
        (405, "Method Not Allowed", BackendError),
        (302, "", BackendError),
        (400, {"error": {"code": "model_not_found", "message": "x"}}, BackendError),
        (400, {"error": {"message": "temperature: Extra inputs are not permitted"}}, BackendError),
        (400, {"error": {"message": "`temperature` is deprecated for this model."}}, BackendError),
        (
            400,
            {"error": {"message": "x", "param": "max_completion_tokens", "code": "unsupported_parameter"}},
            BackendError,
        ),
        (400, {"error": {"message": "The text speaks of temperature"}}, RejectedError),
        (400, {"error": {"message": "unknown field", "param": "messages"}}, RejectedError),
        (400, {"message": "maximum context length is 8192 tokens", "object": "error"}, RejectedError),
        (413, "", RejectedError),
        (422, {"detail": [{"msg": "bad"}]}, RejectedError),
        (451, "", RejectedError),
    ],
)
def test_every_status_has_its_meaning(status, body, kind) -> None:
    error = http_error("x/m", failure_of(status, body), key_variable="X_API_KEY")
    assert type(error) is kind
    assert f"HTTP {status}" in str(error)
    assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "content_filter", "message": "x"}},
        {"error": {"code": None, "message": "filtered due to Azure OpenAI's content management policy"}},
        {"error": {"code": 403, "message": "model requires moderation and your input was flagged"}},
        {"error": {"code": "400", "message": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
    ],
)
def test_a_content_filter_refuses_its_item(body) -> None:
    error = http_error("x/m", failure_of(403 if body["error"]["code"] == 403 else 400, body), key_variable="K")
    assert isinstance(error, RejectedError)
    assert error.refused


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers, seconds) -> None:
    assert retry_after(headers) == seconds


def test_redaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PROVIDER_API_KEY", "totally-secret-value")
    monkeypatch.setenv("SHORT_TOKEN", "true")
    said = redact(
        "true: key totally-secret-value, own mine!, sk-proj-abcdefgh, http://u:p@h/ \n" + "x" * 999, ["mine!"]
    )
    assert said.startswith("true: key [redacted], own [redacted], [redacted], http://[redacted]@h/ xx")
    assert len(said) == 300
    assert public_url("http://u:p@[::1]:80/v1?api_key=k#f") == "http://[::1]:80/v1"


def test_unreachable_looks_down_the_chain() -> None:
    class ConnectError(Exception):
        pass

    outer = RuntimeError("outer")
    outer.__cause__ = ConnectError("inner")
    assert unreachable(outer)
    assert unreachable(ConnectionRefusedError())
    assert not unreachable(ConnectionResetError())
    assert failure_of(500, None) == Failure(500, "")
