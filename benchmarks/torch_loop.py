"""The usual PyTorch loops for toy models: an einsum over an instance axis, AdamW, fresh batches.

What `benchmarks.training` compares with. After the notebook of Elhage et al. 2022; the head on top pairs each left
token with one right token. Needs torch, the extra `bench`.
"""

import time
from collections.abc import Callable

import torch


def bottlenecks(n_features: int, n_hidden: int, models: int, batch: int) -> Callable[[], None]:
    """One step of tied ReLU models on their reconstruction."""
    torch.manual_seed(0)
    w, b = _weights(n_features, n_hidden, models)
    density, importance = _law(n_features, models)
    optimizer = torch.optim.AdamW([w, b], lr=1e-3)

    def step() -> None:
        x = _inputs(batch, models, n_features, density)
        output, _ = _through(x, w, b)
        loss = (importance * (x - output) ** 2).mean((0, 2)).sum()
        _descend(optimizer, loss)

    return step


def with_heads(
    n_features: int, n_hidden: int, rank: int, models: int, batch: int
) -> Callable[[], None]:
    """One step of the same with an attention head on pairs of tokens, which learns whether (0, 1) is present."""
    torch.manual_seed(0)
    w, b = _weights(n_features, n_hidden, models)
    left, right = (
        torch.nn.Parameter(torch.randn(models, n_hidden, rank) / n_hidden**0.5) for _ in range(2)
    )
    density, importance = _law(n_features, models)
    optimizer = torch.optim.AdamW([w, b, left, right], lr=1e-3)

    def step() -> None:
        x, y = (_inputs(batch, models, n_features, density) for _ in range(2))
        (seen_x, h), (seen_y, g) = (_through(tokens, w, b) for tokens in (x, y))
        errors = importance * ((x - seen_x) ** 2 + (y - seen_y) ** 2) / 2
        u, v = torch.einsum("bih,ihr->bir", h, left), torch.einsum("bih,ihr->bir", g, right)
        present = ((x[..., 0] > 0) & (y[..., 1] > 0)).float()
        loss = errors.mean((0, 2)).sum() + ((present - (u * v).sum(-1)) ** 2).mean(0).sum()
        _descend(optimizer, loss)

    return step


def milliseconds_a_step(step: Callable[[], None], steps: int, threads: int | None = None) -> float:
    """Wall-clock time of one step, after 5 to warm up; a card is waited for."""
    if threads is not None:
        torch.set_num_threads(threads)
    finish = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    for _ in range(5):
        step()
    finish()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    finish()
    return 1e3 * (time.perf_counter() - start) / steps


def _weights(
    n_features: int, n_hidden: int, models: int
) -> tuple[torch.nn.Parameter, torch.nn.Parameter]:
    w = torch.nn.init.xavier_normal_(torch.empty(models, n_features, n_hidden))
    return torch.nn.Parameter(w), torch.nn.Parameter(torch.zeros(models, n_features))


def _law(n_features: int, models: int) -> tuple[torch.Tensor, torch.Tensor]:
    return (20 ** -torch.linspace(0, 1, models))[:, None], 0.9 ** torch.arange(n_features)


def _inputs(batch: int, models: int, n_features: int, density: torch.Tensor) -> torch.Tensor:
    x = torch.rand(batch, models, n_features)
    return torch.where(torch.rand(batch, models, n_features) <= density, x, torch.zeros(()))


def _through(
    x: torch.Tensor, w: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    hidden = torch.einsum("bif,ifh->bih", x, w)
    return torch.relu(torch.einsum("bih,ifh->bif", hidden, w) + b), hidden


def _descend(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
