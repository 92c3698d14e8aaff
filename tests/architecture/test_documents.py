"""What the documents tell a reader to type exists, and so does what they point to."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from actors.cli.main import cli
from actors.config import Config
from actors.entity import Fact
from tests.architecture import events_page
from tests.architecture.sources import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CHANGELOG.md"]
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]


def _code(path: Path) -> Iterator[str]:
    """Lines of fenced blocks and pieces of code in running text."""
    text = path.read_text()
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def _commands(path: Path) -> list[list[str]]:
    found = []
    for line in _code(path):
        for plain in re.split(r"\s+(?:·|&&|;|\|)\s+|\s{2,}(?=penstock )", line.strip().removeprefix("$ ").split("  #")[0]):
            found += [shlex.split(plain)[1:]] if re.match(r"(\.venv/)?(bin/)?penstock( |$)", plain) else []
    return found


def _problem(words: list[str]) -> str | None:
    """What is wrong with a command line, as far as names go: an unknown command or option."""
    context = click.Context(cli)
    command: click.Command = cli
    options = _options(command)
    for word in words:
        if word in {">", "&"}:
            break
        if word.startswith("-") and word != "-":
            name = word.split("=", 1)[0]
            if name not in options:
                return f"{name} is no option of {command.name}"
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word):
            found = command.get_command(context, word)
            if found is None:
                return f"{word} is no command of {command.name}"
            command, options = found, options | _options(found)
    return None


def _options(command: click.Command) -> set[str]:
    return {"-h", "--help"} | {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_command_that_a_document_names_exists(path: Path) -> None:
    assert [(words, problem) for words in _commands(path) if (problem := _problem(words))] == []


def test_the_search_for_unknown_commands_finds_them() -> None:
    assert _problem(["frobnicate"]) is not None
    assert _problem(["run", "file.yaml", "--frobnicate"]) is not None
    assert _problem(["run", "file.yaml", "-i", "a=b", "--yes"]) is None


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_script_that_a_document_names_exists_and_runs(path: Path) -> None:
    named = {match for line in _code(path) for match in re.findall(r"(?<![\w./-])(bin/[a-z]+|\.ci/run)\b", line)}
    assert [name for name in sorted(named) if not (ROOT / name).exists() or not (ROOT / name).stat().st_mode & 0o111] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_file_that_a_document_points_to_exists(path: Path) -> None:
    links = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()) if "://" not in target]
    named = re.findall(r"`((?:docs|examples|actors|storage|supervision|tests|benchmarks)/[\w./-]+)`", path.read_text())
    missing = [target for target in links if target and not (path.parent / target).exists()]
    assert missing + [name for name in named if not (ROOT / name).exists()] == []


def test_the_table_of_settings_is_complete_and_true() -> None:
    rows = re.findall(
        r"^\| `([a-z_]+\.[a-z_]+)` \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE
    )
    assert rows == [(entry.key, _shown(entry.value), entry.allowed, entry.says) for entry in Config().entries()]


def test_the_page_of_events_is_complete_and_true() -> None:
    told = {fact for modules in events_page.MODULES.values() for module in modules for fact in events_page.facts_of(module)}
    for module in (path for path in (ROOT / "actors").rglob("*.py") if "(Fact)" in path.read_text()):
        importlib.import_module(".".join(module.relative_to(ROOT).with_suffix("").parts))
    assert {fact.kind for fact in _all(Fact) if fact.kind and fact.__module__.startswith("actors.")} == {fact.kind for fact in told}
    page = events_page.PAGE.read_text()
    assert page == events_page.written(page), "write it anew with: python -m tests.architecture.events_page"


def _all(fact: type[Fact]) -> Iterator[type[Fact]]:
    for one in fact.__subclasses__():
        yield one
        yield from _all(one)


def test_every_code_of_a_refusal_stands_in_the_table_of_errors() -> None:
    named = {
        code for path in (ROOT / "actors").rglob("*.py") for code in re.findall(r'\bRefusal\(\s*"([a-z_]+)"', path.read_text())
    }  # fmt: skip
    errors = (ROOT / "docs/control.md").read_text().partition("## Errors")[2].partition("## Methods")[0]
    assert len(named) > 70
    assert sorted(named - set(re.findall(r"`([a-z_]+)`", errors))) == []


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return ", ".join(value) or "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)
