"""Fingerprints of code: whether what a function computes may have changed.

A fingerprint covers the function's definition and every definition of its own package that it can
reach by name, however far away: helpers, constants, classes. Comments, docstrings, layout and all
that it does not reach do not count. So it changes with the science and not with the prose, and is
the same on every Python that reads the same code.

It is read off the source and runs nothing. What is reached through a value only (a method of an
argument, a function out of a table) counts where the value's class or the table is named.
"""

import ast
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str, str]
"""a module and a name that it binds at its top level"""


def fingerprint(function: Callable[..., Any]) -> str:
    """The first 12 hex digits of the sha256 of all code that a function may run in its package."""
    package = function.__module__.partition(".")[0]
    if not _source_of(function.__module__):  # defined in a notebook: by itself at least
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:12]
    reached: dict[Place, str] = {}
    to_see: list[Place] = [(function.__module__, function.__name__)]
    while to_see:
        place = to_see.pop()
        if place in reached:
            continue
        statements = _bindings(place[0]).get(place[1], [])
        reached[place] = repr([_canonical(statement) for statement in statements])
        for statement in statements:
            to_see += _named_in(statement, place[0], package)
    # A script is called __main__ here and by its own name there.
    own = {(m if m != function.__module__ else "", name): d for (m, name), d in reached.items()}
    whole = repr(sorted(own.items()))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


@cache
def _bindings(module: str) -> dict[str, list[ast.stmt]]:
    """The top-level statements of a module by the names that they bind."""
    source = _source_of(module)
    found: dict[str, list[ast.stmt]] = {}
    for statement in ast.parse(source).body if source else []:
        for name in _bound_by(statement):
            found.setdefault(name, []).append(statement)
    return found


def _source_of(module: str) -> str:
    """A module's source; empty where there is none, such as for a compiled one."""
    if module in sys.modules:
        origin: str | None = getattr(sys.modules[module], "__file__", None)
    else:
        spec = importlib.util.find_spec(module)
        origin = None if spec is None else spec.origin
    if origin is None or not origin.endswith(".py"):
        return ""
    return Path(origin).read_text(encoding="utf-8")


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case _:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id


def _named_in(statement: ast.stmt, module: str, package: str) -> Iterator[Place]:
    """What a statement names: names of its own module, and what it takes from others."""
    if isinstance(statement, ast.ImportFrom):
        source = _imported_from(statement, module)
        if source.partition(".")[0] == package:
            yield from ((source, alias.name) for alias in statement.names)
        return
    modules = _modules_named(module, package)
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            yield module, node.id
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
            yield modules[ast.unparse(node.value)], node.attr


@cache
def _modules_named(module: str, package: str) -> dict[str, str]:
    """Names in a module that stand for other modules of the package."""
    found = {}
    for name, statements in _bindings(module).items():
        for statement in statements:
            if isinstance(statement, ast.ImportFrom):
                source = _imported_from(statement, module)
                original = next(
                    (a.name for a in statement.names if (a.asname or a.name) == name), ""
                )
                whole = f"{source}.{original}"
                inside = source.partition(".")[0] == package
                if inside and original not in _bindings(source) and _source_of(whole):
                    found[name] = whole
    return found


def _imported_from(statement: ast.ImportFrom, module: str) -> str:
    """The absolute name of what a module imports from, dots resolved."""
    named = statement.module or ""
    if not statement.level:
        return named
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    above = statement.level - (Path(file).name == "__init__.py")
    base = module.split(".")[: len(module.split(".")) - above]
    return ".".join([*base, *([named] if named else [])])


def _canonical(node: Any) -> Any:
    """A syntax tree as plain values, without places, docstrings and fields that are empty."""
    if isinstance(node, list):
        return [_canonical(item) for item in node if not _is_prose(item)]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
    return type(node).__name__, [(name, _canonical(value)) for name, value in fields.items()]


def _is_prose(node: Any) -> bool:
    """A string that stands by itself: a docstring, or a field's description."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
