"""A judge that holds a model: one worker for each card, the model loaded once in each and used again.

The cards are only numbers in the cluster's books; the model is a real transformer of a few thousand weights,
made here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from far_cases import Pairs, ask, planned, stored

from judgebench.errors import UsageError
from judgebench.run.engine import Options
from judgebench.run.execute import execute

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.ray

JUDGE = '''
import os
import time
from pathlib import Path

class Likelier:
    """The answer that a language model finds likelier."""

    gpus = 1

    def __init__(self):
        import torch, transformers
        here = Path(__file__).parent
        with (here / "loads").open("a") as file:
            file.write(f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES', '')}\\n")
        # Neither worker answers everything before the other is there.
        while len((here / "loads").read_text().splitlines()) < 2:
            time.sleep(0.05)
        torch.set_num_threads(1)
        self.torch = torch
        self.model = transformers.AutoModelForCausalLM.from_pretrained(here / "model").eval()

    def loss(self, text):
        ids = self.torch.tensor([list(text.encode())])
        with self.torch.no_grad():
            return float(self.model(input_ids=ids, labels=ids).loss)

    def __call__(self, item):
        with (Path(__file__).parent / "asked").open("a") as file:
            file.write(f"{os.getpid()}\\n")
        a, b = (self.loss(item.question + response.text) for response in item.responses)
        return "A" if a < b else "B"


class Greedy:
    gpus = 3

    def __call__(self, item):
        return "A"
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch", reason="torch is not installed: nox -s ray brings it")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed: nox -s ray brings it")
    made = tmp_path_factory.mktemp("gpu")
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=256, n_positions=256, n_embd=16, n_layer=1, n_head=2)
    transformers.GPT2LMHeadModel(config).save_pretrained(made / "model")
    (made / "likelier.py").write_text(JUDGE)
    return made


@pytest.mark.usefixtures("ray")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_model_is_loaded_once_for_each_card(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    plans = [planned("likelier:Likelier", Pairs(60, name)) for name in ("one", "two")]
    outcomes = ask(tmp_path / "far", Options(), *plans, workers=8)
    assert [outcome.error for outcome in outcomes] == [None, None]
    loads = [line.split() for line in (folder / "loads").read_text().splitlines()]
    asked = Counter((folder / "asked").read_text().split())
    # Eight workers were wished for, and there are two cards.
    assert len(loads) == len({pid for pid, _ in loads}) == 2
    assert {card for _, card in loads} == {"0", "1"}
    assert asked.total() == 120
    assert set(asked) == {pid for pid, _ in loads}
    assert min(asked.values()) > 1
    for outcome, (made, _) in zip(outcomes, plans, strict=True):
        local, _ = execute(made, tmp_path / "local", Options(max_concurrency=1))
        assert stored(outcome.path) == stored(local)
        assert {line["code"] for line in stored(local)} == {0, 2}


@pytest.mark.usefixtures("ray")
def test_more_cards_than_there_are_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    with pytest.raises(UsageError, match="asks for 3 GPU for each worker, and the cluster has 2"):
        ask(tmp_path, Options(), planned("likelier:Greedy", Pairs(5)))
