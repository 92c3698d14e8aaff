"""The lock files: everything pinned, everything hashed, nothing that says where to download from."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.architecture.sources import ROOT

LOCKS = ("requirements.lock", "tests/requirements.lock", "tests/llmock.lock", "tests/mcp.lock")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==([^ ;\\]+)( ; [^\\]+)? \\$")


def _pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text().splitlines()
    return {match[1]: match[2] for line in lines if (match := PIN.match(line))}


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _names(requirements: list[Any]) -> set[str]:
    texts = [text for text in requirements if isinstance(text, str)]
    return {re.split(r"[<>=!~ \[;]", text, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-") for text in texts}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    entries = [entry for entry in entries if not entry.lstrip().startswith("#")]
    assert len(entries) == len(_pins(lock)) > 0
    assert [entry.split(" ", 1)[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_of_any_index_is_written_down(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"://|--(?:index|extra|find|trusted)[a-z-]*|\bfile:|\.(?:org|com|io|net)\b", text) == []


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = _project()
    runtime, groups = _names(project["project"]["dependencies"]), project["dependency-groups"]
    assert runtime | _names(groups["build"]) <= set(_pins("requirements.lock"))
    assert _names(groups["dev"]) <= set(_pins("tests/requirements.lock"))
    assert all(_names(groups[name]) <= set(_pins(f"tests/{name}.lock")) for name in ("llmock", "mcp"))


def test_the_tests_run_with_the_versions_that_are_shipped() -> None:
    tests = _pins("tests/requirements.lock")
    assert {name: version for name, version in _pins("requirements.lock").items() if tests.get(name) != version} == {}


def test_every_lower_bound_of_the_runtime_says_which_feature_needs_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text().split("\ndependencies = [", 1)[1].split("]", 1)[0].strip().splitlines()
    assert [line for line in lines if not re.search(r">=[0-9.]+\",\s+# \S+", line)] == []


def test_every_switched_off_rule_says_why() -> None:
    lint = (ROOT / "pyproject.toml").read_text().split("\nignore = [", 1)[1].split("\n[tool.ruff.lint.pylint]", 1)[0]
    rules = [line.strip() for line in lint.splitlines() if re.match(r'\s+"[A-Z]{1,4}[0-9]*"', line)]
    assert [rule for rule in rules if not re.search(r",\s+# \S+", rule)] == []
