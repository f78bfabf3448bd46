"""The usual PyTorch loop for sparse autoencoders: batched products over an instance axis, Adam, fresh vectors.

What `benchmarks.dictionaries` compares with: ReLU latents, an L1 penalty, decoder columns brought back to unit length
after every step. Needs torch, the extra `bench`.
"""

import time

import torch


def milliseconds_a_step(
    n_features: int,
    n_hidden: int,
    n_latents: int,
    models: int,
    batch: int,
    steps: int,
    threads: int,
) -> tuple[float, float]:
    """One training step of `models` autoencoders, after 5 to warm up: on the clock, and of the processor."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    w = torch.nn.functional.normalize(torch.randn(models, n_features, n_hidden), dim=-1)
    density = torch.logspace(-2, -1, models)[:, None, None]
    l1 = torch.logspace(-2, -1, models)[:, None]
    start_dec = torch.nn.functional.normalize(torch.randn(models, n_latents, n_hidden), dim=-1)
    w_dec = torch.nn.Parameter(start_dec.clone())
    w_enc = torch.nn.Parameter(start_dec.transpose(1, 2).contiguous())
    b_enc = torch.nn.Parameter(torch.zeros(models, 1, n_latents))
    b_dec = torch.nn.Parameter(torch.zeros(models, 1, n_hidden))
    optimizer = torch.optim.Adam([w_enc, b_enc, w_dec, b_dec], lr=1e-3)

    def step() -> None:
        with torch.no_grad():
            x = torch.rand(models, batch, n_features)
            x = torch.where(torch.rand(models, batch, n_features) <= density, x, torch.zeros(()))
            h = torch.bmm(x, w)
        z = torch.relu(torch.bmm(h - b_dec, w_enc) + b_enc)
        error = (torch.bmm(z, w_dec) + b_dec - h).pow(2).sum(-1)
        loss = (error + l1 * z.sum(-1)).mean(-1).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            w_dec.div_(w_dec.norm(dim=-1, keepdim=True))

    for _ in range(5):
        step()
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    return (
        1e3 * (time.perf_counter() - clock) / steps,
        1e3 * (time.process_time() - processor) / steps,
    )
