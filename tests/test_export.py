"""Models of runs in files: those of the run's result, by name and by point, without the ones that diverged."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tegum
import tegum.studies.catalogue
from tegum.cli import main
from tegum.errors import BadInputError
from tegum.exchange import load_model, provenance_of
from tegum.models import Bottleneck, Head, SparseAutoencoder
from tegum.runner import run
from tegum.runner.exporting import _file_names, kind_in, studies_with_models
from tegum.studies import core, populations
from tests.coin import STUDY as COIN

N, M, SEEDS = 5, 2, 4


class Config(core.StudyConfig):
    """Models that are drawn, not trained."""

    densities: tuple[core.Density, ...] = (0.1, 1.0)
    """chances of being active"""
    activations: tuple[core.Activation, ...] = ("linear", "relu")
    """of the output"""
    kind: str = "topk"
    """of SAEs"""
    k: core.Count = 2
    """of SAEs"""


def _rng(c: Config, *at: Any) -> np.random.Generator:
    return np.random.default_rng([c.seed, *(int(1000 * each) for each in at)])


def drawn(c: Config, activation: str, density: float) -> core.Variables:
    """Bottlenecks, of which one diverged at density 1."""
    rng = _rng(c, density, len(activation))
    finite = np.arange(SEEDS) != (1 if density == 1 else -1)
    return {"w": rng.normal(size=(SEEDS, M, N)), "b": rng.normal(size=(SEEDS, N))} | {
        "loss": np.ones(SEEDS),
        "gap_to_best": np.ones(SEEDS),
        "finite": finite,
    }


def of_sizes(c: Config, density: float) -> core.Variables:
    """Bottlenecks of 3 features at one point and 4 at the other: joined, they are filled up with NaN."""
    n, rng = (3 if density == 1 else 4), _rng(c, density)
    return {"w": rng.normal(size=(6, M, n)), "b": rng.normal(size=(6, n)), "feature": range(n)}


def looked_at(c: Config, density: float) -> core.Variables:
    """Heads at several steps, beside a W that has no bias."""
    rng = _rng(c, density)
    a, b = rng.normal(size=(2, SEEDS, 3, 1, M))
    return {"w": rng.normal(size=(SEEDS, 3, M, N)), "a": a, "b": b, "step": [0, 10, 20]}


def dictionaries(c: Config, density: float) -> core.Variables:
    rng = _rng(c, density)
    return {
        "w_enc": rng.normal(size=(SEEDS, 7, M)),
        "b_enc": rng.normal(size=(SEEDS, 7)),
        "w_dec": rng.normal(size=(SEEDS, M, 7)),
        "b_dec": rng.normal(size=(SEEDS, M)),
    }


OVER = {"density": "densities"}
TABLES = {
    drawn: populations.VARIABLES,
    of_sizes: core.table(w=("kept hidden feature", "W"), b=("kept feature", "b")),
    looked_at: core.table(
        w=("kept step hidden feature", "W"),
        a=("kept step slice hidden", "A"),
        b=("kept step slice hidden", "B"),
    ),
    dictionaries: core.table(
        w_enc=("seed latent hidden", "encoder"),
        b_enc=("seed latent", "its bias"),
        w_dec=("seed hidden latent", "decoder"),
        b_dec=("seed hidden", "its bias"),
    ),
}


def study_of(part: Any) -> core.Study:
    name = part.__name__.replace("_", "-")
    over = {"activation": "activations", **OVER} if part is drawn else OVER
    measured = core.Measurement(name, 1, (core.Part(part, TABLES[part], **over),))
    presets = {preset: Config() for preset in ("quick", "default", "paper")}
    minutes = dict.fromkeys(presets, 0.0)
    return core.Study(
        name=name,
        group="test",
        question="What is drawn?",
        finding="Numbers.",
        sources=("elhage2022",),
        measurements=(measured,),
        presets=presets,
        minutes=minutes,
        claims=(),
        figures=(),
    )


STUDIES = {part.__name__: study_of(part) for part in TABLES}


@pytest.fixture(autouse=True)
def _only_these(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    catalogue = (*STUDIES.values(), COIN)
    monkeypatch.setattr(tegum.studies.catalogue, "CATALOGUE", catalogue)
    monkeypatch.chdir(tmp_path)


def test_a_file_a_point_holds_the_models_of_all_seeds_that_did_not_diverge(capsys):
    done = run(STUDIES["drawn"])
    assert main(["export", "drawn", "-o", "out"]) == 0
    said = capsys.readouterr()
    place = "out/activation=relu,density=1.safetensors"
    assert f"{place}  3 models\n" in said.out
    assert f"tegum: {place}: left out 1 model that diverged\n" in said.err
    assert len(said.out.splitlines()) == len(list(Path("out").iterdir())) == 4
    for activation in ("linear", "relu"):
        for density, seeds in ((0.1, [0, 1, 2, 3]), (1.0, [0, 2, 3])):
            path = f"out/activation={activation},density={density:g}.safetensors"
            model, source = load_model(path), provenance_of(path)
            there = done.dataset.sel(activation=activation, density=density, seed=seeds)
            assert isinstance(model, Bottleneck)
            np.testing.assert_array_equal(model.w, there.w)
            np.testing.assert_array_equal(model.b, there.b)
            assert model.activation == activation
            assert source["point"] == {"activation": activation, "density": density}
            assert source["axes"] == {"seed": seeds}
            assert source["left_out"] == SEEDS - len(seeds)
            assert (source["study"], source["run"]) == ("drawn", done.folder.name)
            assert source["config"] == done.config.model_dump(mode="json")
            assert source["versions"]["jax"]


def test_the_public_call_takes_a_run_its_name_and_its_folder():
    done = run(STUDIES["drawn"])
    for given in (done, done.folder, done.folder.path, "drawn"):
        files = tegum.export(given)
        assert files[0].path.parent == Path("models") / done.folder.name
        assert [file.models for file in files] == [4, 3, 4, 3]


def test_models_of_points_that_differ_in_size_have_their_own_size():
    run(STUDIES["of_sizes"])
    sizes = {file.path.stem: load_model(file.path).w.shape for file in tegum.export("of-sizes")}
    assert sizes == {"density=0.1": (6, 2, 4), "density=1": (6, 2, 3)}


def test_heads_are_exported_with_their_steps():
    done = run(STUDIES["looked_at"])
    model = load_model(tegum.export(done)[1].path)
    assert isinstance(model, Head)
    np.testing.assert_array_equal(model.a, done.dataset.a.sel(density=1.0))
    source = provenance_of(tegum.export(done)[1].path)
    assert source["axes"] == {"kept": [0, 1, 2, 3], "step": [0, 10, 20]}


def test_dictionaries_take_their_kind_from_the_config():
    done = run(STUDIES["dictionaries"])
    model = load_model(tegum.export(done)[0].path)
    assert isinstance(model, SparseAutoencoder)
    assert (model.kind, model.k) == ("topk", 2)
    relu = load_model(tegum.export(run(STUDIES["dictionaries"], kind="relu"), "other")[0].path)
    assert (relu.kind, relu.k) == ("relu", None)


def test_a_run_without_models_is_refused_with_those_that_have_some(capsys):
    run(COIN, "quick")
    assert main(["export", "coin"]) == 2
    said = capsys.readouterr().err
    assert "holds no whole models, expected a run of drawn, of-sizes, looked-at" in said
    assert said.count("\n") == 1
    assert not Path("models").exists()


def test_an_unknown_an_unfinished_and_a_damaged_run_are_refused_in_one_line(capsys):
    folder = run(STUDIES["drawn"]).folder
    assert main(["export", "drown"]) == 2
    assert "'drown' not found" in capsys.readouterr().err
    data = (folder.path / "result.nc").read_bytes()
    (folder.path / "result.nc").write_bytes(data[:-1])
    assert main(["export", "drawn"]) == 2
    assert "is damaged; run it again" in capsys.readouterr().err
    manifest = folder.path / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "complete": False}))
    with pytest.raises(BadInputError, match="is not finished"):
        tegum.export("drawn")


def test_a_folder_that_cannot_be_written_is_said_in_one_line(capsys):
    run(STUDIES["drawn"])
    Path("file").write_text("mine")
    assert main(["export", "drawn", "-o", "file"]) == 2
    assert capsys.readouterr().err.startswith("tegum: path: cannot write file/activation=")


def test_labels_never_lead_out_of_the_folder_and_no_file_stands_for_two_points():
    names = _file_names([{"set": "../../x"}, {"set": "a/b"}, {"set": "a\\b"}, {"..": "\x1b"}, {}])
    assert len(set(names)) == 5
    assert not any("/" in name or "\\" in name or "\x1b" in name for name in names)
    assert _file_names([{"p": 0.1}, {"p": 0.3}]) == ["p=0.1", "p=0.3"]
    assert _file_names([{}]) == ["models"]
    close = _file_names([{"p": 0.1}, {"p": 0.1 + 1e-12}])
    assert len(set(close)) == 2


def test_what_a_dataset_holds_is_told_by_its_axes():
    w = ("seed", "hidden", "feature")
    assert kind_in({"w": w, "b": ("seed", "feature")}) is Bottleneck
    assert kind_in({"w": w, "b": ("density", "feature")}) is None
    assert kind_in({"w": w, "b": ("seed", "hidden")}) is None
    assert kind_in({"w": w}) is None
    assert kind_in({"w": w, "b": ("seed", "feature"), "w_out": ("seed", "feature")}) is None


def test_the_studies_that_have_models_are_known(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    known = studies_with_models()
    assert {"demonstrating-superposition", "uniform-superposition", "plain-timing"} <= set(known)
    assert "head-rank" not in known
