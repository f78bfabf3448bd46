"""What the documentation shows is run: examples that do not work are worse than none."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

import tegum
from tegum.runner import run

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def example_in(page: Path, folder: Path):
    """The page's only Python block, imported from a file of its own."""
    [code] = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    name = f"example_{page.stem.replace('-', '_')}"
    file = folder / f"{name}.py"
    file.write_text(code)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_study_in_a_page_runs_and_its_claim_holds_and_can_fail(tmp_path: Path):
    study = example_in(ROOT / "docs" / "add-a-study.md", tmp_path).STUDY
    done = run(study, "quick", store=tmp_path)
    verdict = done.claims["best-is-antipodal"]
    assert verdict.holds
    assert verdict.control is not None
    assert verdict.control.fails
    assert done.folder.damage() == []


def test_that_study_is_at_most_70_lines_long():
    text = (ROOT / "docs" / "add-a-study.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(code.splitlines()) <= 70


def test_the_model_in_a_page_trains(tmp_path: Path):
    example_in(ROOT / "docs" / "add-a-model.md", tmp_path)


def blocks_of(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_readmes_own_model_is_a_pentagon_and_so_is_the_written_one():
    first, _, written = blocks_of(ROOT / "README.md")
    names: dict = {}
    exec(compile(first, "README.md", "exec"), names)
    assert names["best"].dimensionality.values == pytest.approx([0.4] * 5, abs=0.02)
    exec(compile(written, "README.md", "exec"), names)
    assert names["dimensionality"](names["w"]) == pytest.approx([0.4] * 5)


def test_the_readmes_sweep_and_study_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(blocks_of(ROOT / "README.md")[1], "README.md", "exec"), names)
    assert names["ds"].sizes["density"] == 4
    assert names["run"].holds


def test_the_study_that_new_writes_is_the_one_that_is_explained():
    [code] = blocks_of(ROOT / "docs" / "add-a-study.md")
    assert (ROOT / "tegum" / "studies" / "example.py").read_text(encoding="utf-8") == code


def test_every_everyday_name_is_there():
    assert all(getattr(tegum, name) is not None for name in tegum.__all__)
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        tegum.runn  # noqa: B018


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted(ROOT.glob("*/*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path):
    broken = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_the_page_on_exchange_runs_and_gives_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks_of(ROOT / "docs" / "exchange.md"):
        exec(compile(block, "exchange.md", "exec"), names)
    assert names["models"].w.shape[1:] == (5, 20)
    assert names["source"]["point"]["activation"] == names["again"].activation == "relu"
    assert names["pentagon"].w.shape == (1, 2, 5)
    assert (names["same"].w == names["pentagon"].w).all()
    assert (tmp_path / "models" / "activation=relu,density=0.1.safetensors").is_file()
    assert (tmp_path / "my-sae" / "cfg.json").is_file()
