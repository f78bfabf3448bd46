"""Sparse autoencoders as folders of SAELens: cfg.json and sae_weights.safetensors, and perhaps how often latents fire.

    SAELens                                              tegum
    W_enc   d_in x d_sae                                 w_enc^T
    b_enc, b_dec                                         b_enc, b_dec
    W_dec   d_sae x d_in, rows of any length             w_dec^T, the columns of w_dec at unit length
    threshold                                            exp(log_threshold)
    architecture "standard", "topk", "jumprelu"          kind "relu", "topk", "jumprelu"
    k, apply_b_dec_to_input                              k, centred
    sparsity (log10 of the share of inputs)              firing, that share

A latent and its direction are defined together only: reading multiplies latent k by the length of its row, which
leaves the reconstruction as it is. For "topk" this would choose other latents, unless the SAE was trained to choose
so (`rescale_acts_by_decoder_norm`) or all rows are of one length: any other one is refused.

Source:
    SAELens 6.54, `SAE.load_from_disk` and `SAE.save_model`; configs of before 6.0 are read, too.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tegum.arrays import Array
from tegum.errors import StoreError, bad_input, unknown_name
from tegum.exchange.files import Place
from tegum.exchange.tensors import as_floats, read_tensors, write_bytes, write_tensors
from tegum.models import SparseAutoencoder

CONFIG, WEIGHTS, SPARSITY = "cfg.json", "sae_weights.safetensors", "sparsity.safetensors"
KINDS = {"standard": "relu", "topk": "topk", "jumprelu": "jumprelu"}
"""architecture -> kind"""
FORMAT = "6.0.0"
"""the version of SAELens since which configs are laid out so"""
RARELY = 1e-10
"""added to a share before its logarithm is taken, as SAELens does"""
SMALLEST = float(np.finfo(np.float32).tiny)
"""stands for a threshold of 0 or below, which has no logarithm; below 0 a latent is 0 in any case"""
ALIKE = 1e-3
"""how far lengths of rows may differ, relatively, and count as rounded, in bfloat16 too"""
MOST = 2**24
"""bytes of a config that is read"""


def to_saelens(
    folder: Place,
    sae: SparseAutoencoder,
    *,
    firing: Array | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Path:
    """Write one SAE as a folder that `sae_lens.SAE.load_from_disk` opens.

    Args:
        folder: where to; made if it is not there.
        sae: one, no population.
        firing: of each latent the share of inputs on which it is above 0, where that is known.
        metadata: more for the config's "metadata", anything that is JSON, such as hook_name.

    Returns:
        The folder.

    Raises:
        BadInputError: a population, numbers that are not finite, metadata that is no JSON.
        StoreError: it cannot be written. The config is written last, so that without one it is no SAE.
    """
    if not isinstance(sae, SparseAutoencoder):
        raise bad_input("sae", type(sae).__name__, "a SparseAutoencoder")
    shape = tuple(np.shape(sae.w_enc))
    if len(shape) != 2:
        way_out = "jax.tree.map(lambda leaf: leaf[0], saes) is the first"
        raise bad_input("sae", f"a population, w_enc of shape {shape}", "one SAE", way_out)
    latents, hidden = shape
    one = sae.canonical()
    named = {"W_enc": one.w_enc, "b_enc": one.b_enc, "W_dec": one.w_dec, "b_dec": one.b_dec}
    if one.kind == "jumprelu":
        named["threshold"] = one.threshold
    tensors = {name: as_floats(name, each, allow_nan=False) for name, each in named.items()}
    tensors |= {name: tensors[name].T for name in ("W_enc", "W_dec")}
    precision = np.result_type(np.float32, *tensors.values())  # SAELens has no other below
    tensors = {name: each.astype(precision) for name, each in tensors.items()}
    config = {
        "architecture": {kind: name for name, kind in KINDS.items()}[one.kind],
        "d_in": hidden,
        "d_sae": latents,
        "dtype": precision.name,
        "device": "cpu",
        "apply_b_dec_to_input": one.centred,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {"sae_lens_version": FORMAT, **(metadata or {})},
    }
    if one.kind == "topk":
        config |= {"k": one.k, "rescale_acts_by_decoder_norm": False}
    try:
        text = json.dumps(config, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise bad_input("metadata", metadata, f"what JSON can hold ({error})") from None
    folder = Path(folder)
    shares = None if firing is None else _shares(firing, latents)
    _clear(folder)
    write_tensors(folder / WEIGHTS, tensors)
    if shares is not None:
        write_tensors(folder / SPARSITY, {"sparsity": np.log10(shares + RARELY).astype(np.float32)})
    write_bytes(folder / CONFIG, text.encode())
    return folder


def _clear(folder: Path) -> None:
    """Take away what says that an SAE is there, which may be another one than is to come."""
    try:
        for name in (CONFIG, SPARSITY):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        why = f"cannot write to {folder} ({error.strerror})"
        raise StoreError(f"folder: {why}, expected a folder, or a name that is free") from error


def _shares(firing: Array, latents: int) -> np.ndarray:
    shares = as_floats("firing", firing, allow_nan=False)
    if shares.shape != (latents,) or (shares < 0).any() or (shares > 1).any():
        raise bad_input("firing", firing, f"a share in [0, 1] for each of {latents} latents")
    return shares


def from_saelens(folder: Place) -> SparseAutoencoder:
    """The SAE that a folder of SAELens holds, its decoder's columns at unit length.

    Latent k is multiplied by the length of row k of W_dec; reconstructions are the same.

    Args:
        folder: with cfg.json and sae_weights.safetensors.

    Raises:
        BadInputError: no such folder; a damaged one; an SAE that tegum has no model for: gated ones, activations
            normalised in the model, "topk" whose choice would change.
    """
    folder = Path(folder)
    config = _config(folder / CONFIG)
    kind = KINDS[config["architecture"]]
    names = {"W_enc", "b_enc", "W_dec", "b_dec"} | ({"threshold"} if kind == "jumprelu" else set())
    path = folder / WEIGHTS
    found, _ = read_tensors(path)
    if found.keys() != names:
        raise bad_input(
            str(path), ", ".join(sorted(found)) or "nothing", f"tensors {', '.join(sorted(names))}"
        )
    tensors = {
        name: as_floats(name, found[name], allow_nan=False, where=str(path))
        for name in sorted(names)
    }
    d_in, d_sae = (_size(folder, config, name) for name in ("d_in", "d_sae"))
    shapes = {"W_enc": (d_in, d_sae), "W_dec": (d_sae, d_in), "b_dec": (d_in,)}
    for name, each in tensors.items():
        if each.shape != (wanted := shapes.get(name, (d_sae,))):
            raise bad_input(f"{path}: {name}", each.shape, f"{wanted}, as the config says")
    k = _size(folder, config, "k", most=d_sae) if kind == "topk" else None
    lengths = np.linalg.norm(tensors["W_dec"], axis=1)
    if kind == "topk" and not config.get("rescale_acts_by_decoder_norm"):
        if np.ptp(lengths) > ALIKE * lengths.max():
            way_out = "tegum chooses the k by what they add, and would choose others"
            came = f"rows of W_dec from {lengths.min():.3g} to {lengths.max():.3g} long"
            raise bad_input(str(folder), came, "rows of one length in a topk SAE", way_out)
        # All alike up to rounding: one factor for all of them, so that no choice changes.
        lengths = np.full_like(lengths, np.sqrt(np.mean(lengths**2)))
    log_threshold = None
    if kind == "jumprelu":
        log_threshold = np.log(np.maximum(tensors["threshold"] * lengths, SMALLEST))
    safe = np.where(lengths > 0, lengths, 1.0)
    return SparseAutoencoder(
        w_enc=tensors["W_enc"].T * lengths[:, None],
        b_enc=tensors["b_enc"] * lengths,
        w_dec=(tensors["W_dec"] / safe[:, None]).T,
        b_dec=tensors["b_dec"],
        log_threshold=log_threshold,
        kind=kind,
        k=k,
        centred=bool(config["apply_b_dec_to_input"]),
    )


def firing_in_saelens(folder: Place) -> np.ndarray | None:
    """Of each latent the share of inputs on which it is above 0; None where the folder does not say.

    Raises:
        BadInputError: it says so in a damaged file.
    """
    path = Path(folder) / SPARSITY
    if not path.exists():
        return None
    tensors, _ = read_tensors(path)
    if tensors.keys() != {"sparsity"}:
        raise bad_input(str(path), ", ".join(sorted(tensors)) or "nothing", "a tensor sparsity")
    logarithms = as_floats("sparsity", tensors["sparsity"], allow_nan=False, where=str(path))
    return np.clip(10.0**logarithms - RARELY, 0.0, 1.0)


def _config(path: Path) -> dict[str, Any]:
    """The config in its present layout, refused where it asks for what tegum has not."""
    if not path.is_file():
        raise bad_input(str(path), "no plain file", f"a folder of SAELens with {CONFIG}")
    try:
        if path.stat().st_size > MOST:
            raise ValueError("too long")
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise bad_input(str(path), "text of another kind", "a config in JSON")
    inner = config.get("activation_fn_kwargs")  # this and the next: before 6.0
    activation = config.get("activation_fn", config.get("activation_fn_str", "relu"))
    architecture = config.get("architecture", "standard")
    if activation == "topk" and isinstance(inner, dict):
        config = {"k": inner.get("k"), **config}
        architecture = "topk"
    config = {"apply_b_dec_to_input": True, **config, "architecture": architecture}
    if not isinstance(architecture, str) or architecture not in KINDS:
        raise unknown_name(f"architecture in {path}", str(architecture), KINDS)
    activations = ("relu", "topk") if architecture == "topk" else ("relu",)
    wanted = {
        "normalize_activations": ("none", False, None),
        "reshape_activations": ("none", "hook_z", None),
        "finetuning_scaling_factor": (False, None),
        "activation_fn": activations,
        "activation_fn_str": activations,
        "apply_b_dec_to_input": (True, False),
        "rescale_acts_by_decoder_norm": (True, False),
    }
    for name, allowed in wanted.items():
        if name in config and not any(
            config[name] is each or config[name] == each for each in allowed
        ):
            folds = config[name] == "expected_average_only_in"
            way_out = "SAELens' fold_activation_norm_scaling_factor makes it so" if folds else ""
            raise bad_input(f"{path}: {name}", config[name], repr(allowed[0]), way_out)
    return config


def _size(folder: Path, config: Mapping[str, Any], name: str, most: int | None = None) -> int:
    """A whole number of a config."""
    size = config.get(name)
    limit = "at least 1" if most is None else f"from 1 to {most}"
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= (most or size):
        raise bad_input(f"{folder / CONFIG}: {name}", size, f"a whole number of {limit}")
    return size
