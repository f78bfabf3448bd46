"""The usual PyTorch loop for the toy model: an einsum over an instance axis, AdamW, fresh batches.

What `benchmarks.training` compares with. After the notebook of Elhage et al. 2022; needs torch, the extra `bench`.
"""

import time

import torch


def milliseconds_a_step(
    n_features: int, n_hidden: int, models: int, batch: int, steps: int
) -> float:
    """Wall-clock time of one training step of `models` models, after 5 steps to warm up."""
    torch.manual_seed(0)
    w = torch.nn.Parameter(torch.nn.init.xavier_normal_(torch.empty(models, n_features, n_hidden)))
    b = torch.nn.Parameter(torch.zeros(models, n_features))
    density = (20 ** -torch.linspace(0, 1, models))[:, None]
    importance = 0.9 ** torch.arange(n_features)
    optimizer = torch.optim.AdamW([w, b], lr=1e-3)

    def step() -> None:
        x = torch.rand(batch, models, n_features)
        x = torch.where(torch.rand(batch, models, n_features) <= density, x, torch.zeros(()))
        hidden = torch.einsum("bif,ifh->bih", x, w)
        output = torch.relu(torch.einsum("bih,ifh->bif", hidden, w) + b)
        loss = (importance * (x - output) ** 2).mean((0, 2)).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    for _ in range(5):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return 1e3 * (time.perf_counter() - start) / steps
