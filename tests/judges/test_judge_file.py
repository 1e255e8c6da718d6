"""A judge as a file: what it may say, what it overrides, what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from stored_cases import RUN

from judgebench.catalog import JudgeSettings, make_judge, make_task
from judgebench.domain import Completion, Run
from judgebench.errors import UsageError
from judgebench.judges.cards.judge import CardJudge
from judgebench.judges.cards.read import read_card
from judgebench.judges.judge_file import read_judge_file
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
judge = "openai/gpt-4o"
name = "short"
prompt = "own.toml"
base_url = "http://127.0.0.1:9/v1"
temperature = 0.5
max_tokens = 100
seed = 3
[price]
input = 2.0
output = 8
cached = 1.0
"""
PROMPT = 'kinds = ["pair"]\nuser = """{{responses}}\n\n{{verdict}}"""\n'


def made(folder: Path, text: str, **settings: object) -> LLMJudge:
    (folder / "judge.toml").write_text(text)
    (folder / "own.toml").write_text(PROMPT)
    task = make_task("pandalm", sample=True)
    judge = make_judge(str(folder / "judge.toml"), task, JudgeSettings(**settings))  # type: ignore[arg-type]  # settings vary
    assert isinstance(judge, LLMJudge)
    return judge


def test_what_the_file_says_of_its_judge_holds(tmp_path: Path) -> None:
    judge = made(tmp_path, WHOLE, temperature=0.0, max_tokens=9, base_url="http://127.0.0.1:1/v1", prompt="pair/1")
    assert judge.name == "short"
    settings = judge.settings
    assert settings["model"] == "gpt-4o"
    assert (settings["temperature"], settings["max_tokens"], settings["seed"]) == (0.5, 100, 3)
    assert settings["base_url"] == "http://127.0.0.1:9/v1"
    assert str(settings["prompts"]).startswith("{'pair': 'own@")
    assert judge.model.cost(1_000_000, 500_000).usd == pytest.approx(2 + 4)
    assert judge.model.cost(1_000_000, 500_000, batch=True).usd == pytest.approx(3)


def test_options_fill_in_what_it_leaves_out(tmp_path: Path) -> None:
    judge = made(tmp_path, 'judge = "gpt-4o"', temperature=None, max_tokens=9)
    assert judge.name == "openai/gpt-4o"
    assert (judge.settings["temperature"], judge.settings["max_tokens"]) == (None, 9)
    assert made(tmp_path, 'judge = "gpt-4o"\ntemperature = "none"', temperature=1.0).settings["temperature"] is None


def test_a_price_is_no_setting_so_it_asks_nothing_again(tmp_path: Path) -> None:
    plain = made(tmp_path, 'judge = "gpt-4o"')
    priced = made(tmp_path, 'judge = "gpt-4o"\n[price]\ninput = 1\noutput = 1')
    assert plain.settings == priced.settings
    assert plain.model.cost(10, 10).usd != priced.model.cost(10, 10).usd


def test_a_family_is_written_down_and_decides_no_answer(tmp_path: Path) -> None:
    plain, filed = made(tmp_path, 'judge = "gpt-4o"'), made(tmp_path, 'judge = "gpt-4o"\nfamily = "ours"')
    assert (plain.family, filed.family) == ("", "ours")
    assert plain.settings == filed.settings
    told = replace(RUN, family="ours")
    assert (told.identity, told.answers) == (RUN.identity, RUN.answers)
    assert "family" not in RUN.to_json()
    assert Run.from_json(told.to_json()).family == "ours"


def test_the_family_of_a_card_is_that_of_its_own_models() -> None:
    card = """
family = "gpt"
models = [{ id = "server/own", licence = "ours" }]

[[layouts]]
scale = "check"
parser = "brackets:ABC"
strict = "(yes|no)"
words = { yes = "correct", no = "incorrect" }
user = "{{question}} {{answer}}"
"""
    read = read_card(card, "card.toml", "card")
    assert read.family == "gpt"

    async def never(*_: object) -> Completion:
        raise AssertionError

    judges = [CardJudge(read, read.layouts[0], Model(name, never), {}) for name in ("server/own", "server/x")]
    assert [one.family for one in judges] == ["gpt", ""]


def test_what_only_local_models_take_is_refused_elsewhere(tmp_path: Path) -> None:
    for text, words in (
        ('judge = "server/m"\ndtype = "float32"', "server/m takes no 'dtype'; hf/, reward/, embedding/ do"),
        ('judge = "hf/m"\nthresholds = [0.5]', "hf/m takes no 'thresholds'; reward/, embedding/ do"),
    ):
        with pytest.raises(UsageError, match=words):
            made(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("judge = ", "not TOML"),
        ("", "'judge' is missing"),
        ("judge = 3", "'judge' must be text"),
        ('judge = "other.toml"', "another judge file"),
        ('judge = "gpt-4o"\nmodel = "x"', "names the whole judge"),
        ('judge = "gpt-4o"\nmodell = "x"', "unknown key 'modell'"),
        ('judge = "gpt-4o"\nprompt = "nowhere.toml"', "no file 'nowhere.toml'"),
        ('judge = "gpt-4o"\ntemperature = "hot"', "'temperature' must be a number"),
        ('judge = "gpt-4o"\nmax_tokens = 0', "'max_tokens' must be a whole number from 1"),
        ('judge = "gpt-4o"\nmax_tokens = true', "'max_tokens' must be a whole number from 1"),
        ('judge = "gpt-4o"\nprice = 3', "'price' must be a table"),
        ('judge = "gpt-4o"\n[price]\ninput = 3', "lacks 'output'"),
        ('judge = "gpt-4o"\n[price]\ninput = -1\noutput = 1', "'input' must be a number from 0"),
        ('judge = "gpt-4o"\n[price]\ninput = nan\noutput = 1', "'input' must be a number from 0"),
        ('judge = "gpt-4o"\n[price]\ninput = 1\noutput = 1\nper = 1000', "unknown price 'per'"),
        ('judge = "baseline/first"\nname = "x"', "takes no key but"),
        ('judge = "hf/m"\ndtype = "int8"', "'dtype' must be one of bfloat16, float16, float32"),
        ('judge = "reward/m"\nthresholds = 0.5', "'thresholds' must be a list of numbers"),
        ('judge = "reward/m"\nthresholds = [0.5, nan]', "'thresholds' must be a list of numbers"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        made(tmp_path, text)
    assert "judge.toml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_judge_file(tmp_path / "none.toml")
