"""Each module says what it is and what it offers."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.sources import Source, product

NAMED = [source for source in product() if source.text.strip()]
OFFERING = [source for source in NAMED if len(source.tree.body) > 1]  # a package may consist of its docstring


def exported(source: Source) -> list[str] | None:
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets):
            value = ast.literal_eval(node.value)
            return list(value)
    return None


def _defined(source: Source) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.Module(body=source.tree.body, type_ignores=[])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
    return names


@pytest.mark.parametrize("source", NAMED, ids=lambda source: source.path)
def test_a_module_says_what_it_is(source: Source) -> None:
    docstring = ast.get_docstring(source.tree)
    assert docstring, "a module docstring of one or two sentences is missing"
    assert docstring.split("\n")[0].rstrip().endswith((".", ":", ",", ";")) or "\n" in docstring, "a docstring is a sentence"


@pytest.mark.parametrize("source", OFFERING, ids=lambda source: source.path)
def test_a_module_lists_what_it_offers_and_all_of_it_exists(source: Source) -> None:
    names = exported(source)
    assert names is not None, "__all__ is missing"
    lazily = {node.name for node in source.tree.body if isinstance(node, ast.FunctionDef)} & {"__getattr__"}
    assert lazily or set(names) <= _defined(source)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("source", NAMED, ids=lambda source: source.path)
def test_every_class_that_a_module_offers_has_a_docstring(source: Source) -> None:
    names = exported(source) or []
    bare = [node.name for node in source.tree.body if isinstance(node, ast.ClassDef) and node.name in names and not ast.get_docstring(node)]
    assert bare == []


def test_names_do_not_shadow_what_python_calls_private() -> None:
    odd = {source.path: [name for name in exported(source) or [] if name.startswith("_")] for source in product()}
    assert {path: names for path, names in odd.items() if names} == {}


def test_open_ends_are_not_left_in_the_code() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{source.path}:{number}" for source in product() for number, line in enumerate(source.text.splitlines(), 1) if marks.search(line)
    ]
    assert found == []
