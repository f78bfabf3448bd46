"""The packages' own names: each is there, none hides a module, all are what their modules have."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

PACKAGES = ["tegum.analysis", "tegum.theory", "tegum.training", "tegum.plots"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_once_and_none_hides_a_module(package):
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(callable(getattr(module, name)) for name in module.__all__)
    for found in pkgutil.iter_modules(module.__path__):
        assert importlib.import_module(f"{package}.{found.name}") is getattr(module, found.name)
        assert found.name not in module.__all__


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_of_that_package_and_says_what_it_is(package):
    module = importlib.import_module(package)
    for name in module.__all__:
        each = getattr(module, name)
        assert each.__module__.startswith(package)
        assert inspect.getdoc(each)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_can_be_the_first_to_be_imported(package):
    script = f"from {package} import *"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
