"""How likely each label is as the answer: the log-probability of its tokens, from one pass over the prompt.

``log P(label) = sum_j log P(t_j | prompt, t_1 ... t_(j-1))``, added up over the ways to write the label: as it is, and
with a blank before it. Where the tokens of one begin another's, the token that ends an answer counts as part of each,
or "1" would have the probability of "10" as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.judges.local.causal import Causal

Ways = tuple[tuple[int, ...], ...]


def ways_of(labels: Sequence[str], tokens: Callable[[str], Sequence[int]]) -> list[Ways]:
    """Write each label in tokens, in each way once."""
    return [tuple(dict.fromkeys(tuple(tokens(way)) for way in (label, f" {label}"))) for label in labels]


def begins_another(ways: Sequence[Ways]) -> bool:
    """Whether the tokens of one way are the beginning of another, be it of the same label."""
    every = [one for each in ways for one in each]
    return any(one == other[: len(one)] for i, one in enumerate(every) for k, other in enumerate(every) if i != k)


def score(
    causal: Causal, prompts: Sequence[Sequence[int]], ways: Sequence[Ways], ends: Sequence[int]
) -> list[list[float]]:
    """Log-probabilities of the labels behind each prompt; ``ends`` are the tokens that end an answer."""
    torch = causal.torch
    ended = begins_another(ways)
    stems = _stems([one if ended else one[:-1] for each in ways for one in each])
    begun = causal.begin(prompts, cached=bool(stems))
    first = begun.logits.log_softmax(-1)
    after: dict[tuple[int, ...], Any] = {(): first}
    if stems:
        after |= _after(causal, prompts, begun, stems)
    labels: list[Any] = []
    for each in ways:
        said: list[Any] = []
        for one in each:
            parts = [after[one[:j]][:, token] for j, token in enumerate(one)]
            if ended:
                parts.append(after[one][:, list(ends)].logsumexp(-1))
            said.append(torch.stack(parts).sum(0))
        labels.append(torch.stack(said).logsumexp(0))
    return [[float(one) for one in row] for row in torch.stack(labels, dim=1).tolist()]


def _stems(ways: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Keep what has to be run behind the prompt: of those that begin another, the longer."""
    every = sorted({one for one in ways if one}, key=len, reverse=True)
    kept: list[tuple[int, ...]] = []
    for one in every:
        if not any(one == longer[: len(one)] for longer in kept):
            kept.append(one)
    return kept


def _after(
    causal: Causal, prompts: Sequence[Sequence[int]], begun: Any, stems: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], Any]:
    """Log-probabilities of the next token behind each beginning of each stem: (prompts, vocabulary)."""
    torch = causal.torch
    rows, longest = len(prompts), max(map(len, stems))
    if causal.plain(begun.cache):
        begun.cache.batch_repeat_interleave(len(stems))
        padded = [[*stem, *[0] * (longest - len(stem))] for stem in stems] * rows
        held = [[1] * len(stem) + [0] * (longest - len(stem)) for stem in stems] * rows
        ids, seen = (torch.tensor(one, device=begun.mask.device) for one in (padded, held))
        mask = torch.cat([begun.mask.repeat_interleave(len(stems), dim=0), seen], dim=1)
        logits = causal.go_on(ids, mask, begun.cache, every=True).logits
        found = logits.log_softmax(-1).view(rows, len(stems), longest, -1)
        return {stem[: j + 1]: found[:, number, j] for number, stem in enumerate(stems) for j in range(len(stem))}
    return {
        stem[: j + 1]: causal.begin([[*prompt, *stem[: j + 1]] for prompt in prompts], cached=False).logits.log_softmax(
            -1
        )
        for stem in stems
        for j in range(len(stem))
    }
