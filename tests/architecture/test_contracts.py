"""The import contracts of `pyproject.toml` say what the code says of itself."""

from __future__ import annotations

import ast
import re
import tomllib
from fnmatch import fnmatch

from tests.architecture.sources import ROOT, product

CONTRACTS = {one["id"]: one for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]}


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _listed(module: str, patterns: list[str]) -> bool:
    return any(fnmatch(module, pattern.replace(".**", "*")) for pattern in patterns)


def test_every_module_that_calls_itself_pure_is_held_to_it() -> None:
    patterns = CONTRACTS["pure"]["source_modules"]
    claims = {
        _module(source.path)
        for source in product()
        if re.search(r"\b[Pp]ure\b(?! data)", (ast.get_docstring(source.tree) or "").split("\n\n")[0]) and "/cli/" not in source.path
    }
    assert {module for module in claims if not _listed(module, patterns)} == set()


def test_the_floors_are_the_three_packages() -> None:
    assert CONTRACTS["floors"]["layers"] == ["actors", "storage | supervision"]
