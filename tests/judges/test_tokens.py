"""Counting tokens: OpenAI's published examples, a tokenizer file, and characters where there is neither."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from judgebench.domain import Message, Part
from judgebench.errors import UsageError
from judgebench.judges.tokens import TokenCounter, file_tokens, openai_tokens

if TYPE_CHECKING:
    from pathlib import Path

# OpenAI, cookbook "How to count tokens with tiktoken", section 5: text -> (cl100k_base, o200k_base).
PUBLISHED = {
    "antidisestablishmentarianism": (6, 6),
    "2 + 2 = 4": (7, 7),
    "お誕生日おめでとう": (9, 8),
}


def test_whoever_turns_warnings_into_errors_can_count() -> None:
    code = "from judgebench.judges.tokens import openai_tokens as t; print(t('gpt-4').text('2 + 2 = 4'))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("7\n", "")


@pytest.mark.parametrize("text", PUBLISHED)
@pytest.mark.parametrize(
    ("model", "column"), [("gpt-4", 0), ("gpt-4-turbo", 0), ("gpt-3.5-turbo", 0), ("gpt-4o", 1), ("gpt-5-mini", 1)]
)
def test_published_counts(text: str, model: str, column: int) -> None:
    count = openai_tokens(model).text
    assert count is not None
    assert count(text) == PUBLISHED[text][column]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4-0613", "cl100k_base"),
        ("gpt-4.1", "o200k_base"),
        ("gpt-4.5-preview", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("o3", "o200k_base"),
    ],
)
def test_each_family_has_its_vocabulary(model: str, name: str) -> None:
    assert openai_tokens(model).name == name


def test_the_chat_format_costs_tokens_of_its_own() -> None:
    counter = openai_tokens("gpt-4o")
    assert counter.text is not None
    # Three around each message and one for its role, three that prime the answer.
    assert counter([Message.of("system", "2 + 2 = 4"), Message.of("user", "2 + 2 = 4")]) == 2 * (3 + 1 + 7) + 3


def test_text_that_looks_like_a_special_token_is_text() -> None:
    counter = openai_tokens("gpt-4o")
    assert counter.text is not None
    assert counter.text("<|endoftext|>") > 1


def test_without_a_tokenizer_four_characters_are_a_token_and_the_name_says_so() -> None:
    counter = TokenCounter()
    assert counter([Message.of("user", "x" * 10), Message("user", (Part("y" * 10), Part(image="data:,")))]) == 5 + 1000
    assert counter.name == "four characters a token"


def test_a_tokenizer_file_counts(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({"one": 0, "two": 1, "?": 2}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    counter = file_tokens(tmp_path / "tokenizer.json")
    assert counter([Message.of("user", "one two one three")]) == 4
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(UsageError, match=r"broken\.json"):
        file_tokens(tmp_path / "broken.json")
