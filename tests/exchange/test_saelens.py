"""Folders of SAELens: the same function there and here, its format written out by hand, and the real package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tegum.errors import BadInputError, StoreError
from tegum.exchange import firing_in_saelens, from_saelens, to_saelens
from tegum.models import SparseAutoencoder
from tests.refusals import line_of

RNG = np.random.default_rng(0)
D_IN, D_SAE = 4, 9
H = RNG.normal(size=(50, D_IN)).astype(np.float32)
KINDS = {"relu": {}, "topk": {"k": 3}, "jumprelu": {"log_threshold": True}}


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def autoencoder(kind: str, centred: bool = True, *models: int) -> SparseAutoencoder:
    """One with columns of any length."""
    fields = dict(KINDS[kind])
    if fields.pop("log_threshold", False):
        fields["log_threshold"] = 0.3 * normal(*models, D_SAE)
    arrays = [(D_SAE, D_IN), (D_SAE,), (D_IN, D_SAE), (D_IN,)]
    given = [normal(*models, *shape) for shape in arrays]
    return SparseAutoencoder(*given, kind=kind, centred=centred, **fields)


def computed(sae: SparseAutoencoder) -> tuple[np.ndarray, np.ndarray]:
    """Latents and reconstructions of all of H."""
    z = jax.vmap(sae.encode)(H)
    return np.asarray(z), np.asarray(jax.vmap(sae.decode)(z))


def theirs(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What SAELens computes of a folder, written out: inputs times W_enc, latents times W_dec."""
    t, c = (
        load_file(folder / "sae_weights.safetensors"),
        json.loads((folder / "cfg.json").read_text()),
    )
    u = (H - t["b_dec"] * c["apply_b_dec_to_input"]) @ t["W_enc"] + t["b_enc"]
    lengths = np.linalg.norm(t["W_dec"], axis=1) if c.get("rescale_acts_by_decoder_norm") else 1.0
    u = u * lengths
    z = np.maximum(u, 0)
    if c["architecture"] == "jumprelu":
        z = z * (u > t["threshold"])
    if c["architecture"] == "topk":
        z = np.where(u >= np.sort(u, axis=1)[:, [-c["k"]]], z, 0)
    return z, (z / lengths) @ t["W_dec"] + t["b_dec"]


def written(folder: Path, architecture: str, dtype: str = "float32", **config) -> Path:
    """A folder as SAELens writes it, rows of W_dec of any length."""
    tensors = {
        "W_enc": normal(D_IN, D_SAE),
        "b_enc": normal(D_SAE),
        "W_dec": normal(D_SAE, D_IN),
        "b_dec": normal(D_IN),
    } | ({"threshold": np.abs(normal(D_SAE))} if architecture == "jumprelu" else {})
    sizes = {"d_in": D_IN, "d_sae": D_SAE, "dtype": dtype, "device": "cpu"}
    rest = {"architecture": architecture, "apply_b_dec_to_input": True, **sizes}
    folder.mkdir()
    save_file(
        {name: each.astype(dtype) for name, each in tensors.items()},
        folder / "sae_weights.safetensors",
    )
    rest |= {"normalize_activations": "none", "reshape_activations": "none"}
    (folder / "cfg.json").write_text(json.dumps({**rest, "metadata": {}, **config}))
    return folder


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_computes_what_the_sae_does_and_comes_back_as_it_was(
    kind, centred, tmp_path: Path
):
    sae = autoencoder(kind, centred)
    folder = to_saelens(tmp_path / "deep" / "sae", sae)
    for here, there in zip(computed(sae), theirs(folder), strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-5)
    back, one = from_saelens(folder), sae.canonical()
    assert jax.tree.structure(back) == jax.tree.structure(one)
    for here, there in zip(jax.tree.leaves(one), jax.tree.leaves(back), strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("architecture", "config"),
    [
        ("standard", {}),
        ("standard", {"apply_b_dec_to_input": False}),
        ("jumprelu", {}),
        ("topk", {"k": 3, "rescale_acts_by_decoder_norm": True}),
    ],
)
def test_a_folder_of_theirs_reconstructs_here_what_it_does_there(
    architecture, config, tmp_path: Path
):
    folder = written(tmp_path / "sae", architecture, **config)
    sae = from_saelens(folder)
    (z, y), (z_theirs, y_theirs) = computed(sae), theirs(folder)
    np.testing.assert_allclose(y, y_theirs, rtol=1e-4, atol=1e-5)
    lengths = np.linalg.norm(load_file(folder / "sae_weights.safetensors")["W_dec"], axis=1)
    factor = 1.0 if architecture == "topk" else lengths
    np.testing.assert_allclose(z, z_theirs * factor, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(sae.w_dec, axis=0), 1.0, rtol=1e-5)


def test_topk_with_rows_of_one_length_is_read_and_with_others_refused(tmp_path: Path):
    folder = written(tmp_path / "sae", "topk", k=3, rescale_acts_by_decoder_norm=False)
    assert "would choose others" in line_of(lambda: from_saelens(folder))
    path = folder / "sae_weights.safetensors"
    tensors = load_file(path)
    tensors["W_dec"] *= 2.5 / np.linalg.norm(tensors["W_dec"], axis=1, keepdims=True)
    save_file(tensors, path)
    np.testing.assert_allclose(computed(from_saelens(folder))[1], theirs(folder)[1], atol=1e-4)


def test_thresholds_of_0_and_below_are_those_of_a_relu(tmp_path: Path):
    folder = written(tmp_path / "sae", "jumprelu")
    path = folder / "sae_weights.safetensors"
    tensors = load_file(path)
    tensors["threshold"][:] = [0, -1, 0.5] * 3
    save_file(tensors, path)
    np.testing.assert_allclose(computed(from_saelens(folder))[1], theirs(folder)[1], atol=1e-5)


def test_configs_of_before_version_6_are_read(tmp_path: Path):
    old = {
        "activation_fn_str": "topk",
        "activation_fn_kwargs": {"k": 2},
        "normalize_activations": False,
    }
    folder = written(tmp_path / "topk", "standard", hook_point="h", **old)
    path = folder / "sae_weights.safetensors"
    tensors = load_file(path)
    tensors["W_dec"] /= np.linalg.norm(tensors["W_dec"], axis=1, keepdims=True)
    save_file(tensors, path)
    assert (from_saelens(folder).kind, from_saelens(folder).k) == ("topk", 2)
    folder = written(tmp_path / "odd", "standard", activation_fn_str="topk")
    assert "activation_fn_str: got 'topk', expected 'relu'" in line_of(lambda: from_saelens(folder))


def test_precision_is_kept(tmp_path: Path):
    folder = written(tmp_path / "double", "standard", dtype="float64")
    sae = from_saelens(folder)
    assert sae.w_enc.dtype == np.float64
    again = to_saelens(tmp_path / "again", sae)
    assert json.loads((again / "cfg.json").read_text())["dtype"] == "float64"
    assert load_file(again / "sae_weights.safetensors")["W_enc"].dtype == np.float64


def test_how_often_latents_fire_goes_with_it_and_is_not_left_to_another(tmp_path: Path):
    shares = np.linspace(0, 1, D_SAE)
    folder = to_saelens(tmp_path / "sae", autoencoder("relu"), firing=shares)
    logarithms = load_file(folder / "sparsity.safetensors")["sparsity"]
    np.testing.assert_allclose(logarithms, np.log10(shares + 1e-10), rtol=1e-6)
    np.testing.assert_allclose(firing_in_saelens(folder), shares, atol=1e-6)
    to_saelens(folder, autoencoder("relu"))
    assert firing_in_saelens(folder) is None


def test_what_cannot_be_written_is_refused_in_one_line(tmp_path: Path):
    folder, sae = tmp_path / "sae", autoencoder("relu")
    assert "leaf[0], saes) is the first" in line_of(
        lambda: to_saelens(folder, autoencoder("relu", True, 2))
    )
    assert "a SparseAutoencoder" in line_of(lambda: to_saelens(folder, sae.w_dec))  # type: ignore[arg-type]
    assert "JSON" in line_of(lambda: to_saelens(folder, sae, metadata={"a": object()}))
    for firing in (np.ones(3), np.full(D_SAE, 1.5), np.full(D_SAE, np.nan)):
        assert "firing: got" in line_of(lambda f=firing: to_saelens(folder, sae, firing=f))
    broken = SparseAutoencoder(np.full((D_SAE, D_IN), np.nan), sae.b_enc, sae.w_dec, sae.b_dec)
    assert "not finite" in line_of(lambda: to_saelens(folder, broken))
    assert not folder.exists()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match=r"^folder: cannot write to .*expected a folder"):
        to_saelens(tmp_path / "file", sae)


CONFIGS = {
    "gated": ({"architecture": "gated"}, "unknown architecture"),
    "no name": ({"architecture": None}, "unknown architecture"),
    "layer norm": (
        {"normalize_activations": "layer_norm"},
        "normalize_activations: got 'layer_norm'",
    ),
    "folds": ({"normalize_activations": "expected_average_only_in"}, "fold_activation_norm"),
    "finetuned": ({"finetuning_scaling_factor": True}, "finetuning_scaling_factor: got True"),
    "tanh": ({"activation_fn": "tanh-relu"}, "activation_fn: got 'tanh-relu'"),
    "no truth": ({"apply_b_dec_to_input": "yes"}, "apply_b_dec_to_input: got 'yes'"),
    "sizes": ({"d_in": 5}, "W_dec: got (9, 4), expected (9, 5), as the config says"),
    "no sizes": ({"d_sae": None}, "d_sae: got None, expected a whole number of at least 1"),
    "a truth for a size": ({"d_in": True}, "d_in: got True"),
    "thresholds missing": ({"architecture": "jumprelu"}, "threshold"),
    "no k": ({"architecture": "topk"}, "k: got None, expected a whole number of from 1 to 9"),
    "k too large": ({"architecture": "topk", "k": 10}, "k: got 10"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_that_asks_for_what_tegum_has_not_is_refused_in_one_line(name, tmp_path: Path):
    config, expected = CONFIGS[name]
    folder = written(tmp_path / "sae", "standard")
    path = folder / "cfg.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    with pytest.raises(BadInputError) as error:
        from_saelens(folder)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_folder_is_refused_in_one_line(tmp_path: Path):
    folder = written(tmp_path / "sae", "standard")
    weights, config = folder / "sae_weights.safetensors", folder / "cfg.json"
    whole, text = weights.read_bytes(), config.read_text()
    weights.write_bytes(whole[:-4])
    assert "a safetensors file that is whole" in line_of(lambda: from_saelens(folder))
    tensors = load_file(_put(weights, whole))
    save_file({**tensors, "b_dec": np.full(D_IN, np.inf, np.float32)}, weights)
    assert "not finite" in line_of(lambda: from_saelens(folder))
    _put(weights, whole)
    for damage in ("{", "[]", "[" * 100_000, "\xff"):
        config.write_text(damage, encoding="latin-1")
        assert "a config in JSON" in line_of(lambda: from_saelens(folder))
    config.write_text(text)
    from_saelens(folder)
    save_file({"other": np.ones(D_SAE)}, folder / "sparsity.safetensors")
    assert "a tensor sparsity" in line_of(lambda: firing_in_saelens(folder))
    config.unlink()
    assert "a folder of SAELens with cfg.json" in line_of(lambda: from_saelens(folder))


def _put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# --- the real package: sae-lens is large, so it may be in an environment of its own ---------------

IN_SAELENS = """
import sys, numpy as np, torch
from pathlib import Path
from sae_lens import SAE, JumpReLUSAE, JumpReLUSAEConfig, StandardSAE, StandardSAEConfig, TopKSAE, TopKSAEConfig
folder, h = Path(sys.argv[1]), torch.tensor(np.load(Path(sys.argv[1]) / "h.npy"))
size = {"d_in": h.shape[1], "d_sae": 9}
made = {
    "standard": StandardSAE(StandardSAEConfig(**size)),
    "jumprelu": JumpReLUSAE(JumpReLUSAEConfig(**size)),
    "topk": TopKSAE(TopKSAEConfig(**size, k=3, rescale_acts_by_decoder_norm=True)),
}
for name, sae in made.items():
    for parameter in sae.parameters():
        parameter.data += 0.5 * torch.randn(parameter.shape)
    sae.save_model(folder / "theirs" / name)
for place in sorted(folder.glob("*/*/cfg.json")):
    sae = SAE.load_from_disk(place.parent)
    with torch.no_grad():
        z = sae.encode(h)
        np.savez(place.parent / "out.npz", z=z, y=sae.decode(z))
"""


def test_the_real_package_opens_ours_and_we_open_its(tmp_path: Path):
    python = os.environ.get("SAELENS_PYTHON", sys.executable)
    asked = subprocess.run([python, "-c", "import sae_lens"], capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("sae-lens is not installed; SAELENS_PYTHON may name a Python that has it")
    np.save(tmp_path / "h.npy", H)
    ours = {f"{kind}-{c}": autoencoder(kind, c) for kind in KINDS for c in (True, False)}
    for name, sae in ours.items():
        to_saelens(tmp_path / "ours" / name, sae, metadata={"hook_name": "hidden"})
    command = [python, "-W", "ignore", "-c", IN_SAELENS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, sae in ours.items():
        z, y = computed(sae)
        there = np.load(tmp_path / "ours" / name / "out.npz")
        np.testing.assert_allclose(there["z"], z, atol=1e-5)
        np.testing.assert_allclose(there["y"], y, atol=1e-5)
    for name in ("standard", "jumprelu", "topk"):
        y = computed(from_saelens(tmp_path / "theirs" / name))[1]
        there = np.load(tmp_path / "theirs" / name / "out.npz")
        np.testing.assert_allclose(there["y"], y, atol=1e-4)
