"""How surprising texts are to a tiny language model: batches beside the plain definition, and the command."""

from __future__ import annotations

import pytest

from judgebench.errors import BackendError

pytest.importorskip("torch", reason="torch is not installed: nox -s local brings it")
pytest.importorskip("transformers", reason="transformers is not installed: nox -s local brings it")


def test_texts_are_read_from_left_to_right(models):
    import torch
    import transformers

    from judgebench.judges.local.surprise import surprises

    folder = models("llama")
    texts = ["The capital of France is Paris.", "B", "", "Rate it from 1 to 10, " * 20]
    found = surprises(f"hf/{folder}", texts)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    for text, own in zip(texts, found, strict=True):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        if len(ids) < 2:
            assert own == ()
            continue
        with torch.inference_mode():
            told = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        wanted = [-float(told[place, token]) for place, token in enumerate(ids[1:])]
        assert own == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_only_language_models_read(models):
    from judgebench.judges.local.surprise import surprises

    with pytest.raises(BackendError, match="not a language model"):
        surprises(f"hf/{models('reward')}", ["x"])


def test_the_command(judgebench, models):
    asked = ("--judge", f"hf/{models('llama')}", "--task", "pandalm", "--sample", "--probe", "suffix/tokens")
    found = judgebench("probe", *asked, "--detect", "--format", "json")
    rows = found.document()["rows"]
    assert [row["by"] for row in rows] == ["whole", "window"]
    assert all(0 <= row["auc"]["value"] <= 1 and row["alarms"] <= 0.05 for row in rows)
