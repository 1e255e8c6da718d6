"""Models of a few thousand random weights, in folders as real ones lie there, with a tokenizer trained on the spot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SENTENCES = [
    "Which response is better, A or B? Answer with your verdict and nothing else: A, B or tie.",
    "The capital of France is Paris, and Berlin lies in Germany.",
    "correct if the response is correct, incorrect if the response is not correct",
    "Rate it from 1 (worst) to 10 (best): 1 2 3 4 5 6 7 8 9 10",
]
CHAT = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
SIZE: dict[str, Any] = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}


def tokenizer(folder: Path, *, template: str | None = CHAT) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        SENTENCES * 4, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|end|>", pad_token="<|pad|>")
    fast.chat_template = template
    fast.save_pretrained(folder)
    return fast


def save(folder: Path, kind: str, *, template: str | None = CHAT, **more: Any) -> Path:
    """Write a model: ``llama``, ``gpt2``, ``reward`` (a Llama with one output), ``cross`` and ``embedding`` (BERTs)."""
    import torch
    import transformers as t

    torch.set_num_threads(1)
    torch.manual_seed(3)
    words = tokenizer(folder, template=template)
    known = {"vocab_size": len(words), "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id} | more

    def llama(**own: Any) -> Any:
        return t.LlamaConfig(**SIZE, num_key_value_heads=2, max_position_embeddings=4096, **(known | own))

    def bert(**own: Any) -> Any:
        return t.BertConfig(**SIZE, max_position_embeddings=512, **(known | own))

    model = {
        "llama": lambda: t.LlamaForCausalLM(llama()),
        "gpt2": lambda: t.GPT2LMHeadModel(t.GPT2Config(n_embd=64, n_layer=2, n_head=4, n_positions=2048, **known)),
        "window": lambda: t.MistralForCausalLM(
            t.MistralConfig(**SIZE, num_key_value_heads=2, sliding_window=48, max_position_embeddings=4096, **known)
        ),
        "reward": lambda: t.LlamaForSequenceClassification(llama(num_labels=1)),
        "cross": lambda: t.BertForSequenceClassification(bert(num_labels=1)),
        "embedding": lambda: t.BertModel(bert()),
    }[kind]()
    # Random weights of the usual size leave all tokens about equally likely.
    for name, one in model.named_parameters():
        if one.dim() > 1 and "norm" not in name.casefold():
            torch.nn.init.normal_(one, std=0.2)
    model.save_pretrained(folder)
    if kind == "embedding":
        types = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
        modules = [{"path": path, "type": f"sentence_transformers.models.{name}"} for path, name in types]
        (folder / "modules.json").write_text(json.dumps(modules))
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
        (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    return folder
