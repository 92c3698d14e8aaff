"""The examples in `.wf`: each loads, stands in the one layout, comes back out of YAML and JSON, and together they show the language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.workflow import digest, load_file, load_text
from actors.workflow.convert import convert
from actors.workflow.parse import Notation
from actors.workflow.problems import Report
from actors.workflow.wf.ast import Statement
from actors.workflow.wf.formatter import format_wf
from actors.workflow.wf.gate import GATE_WORDS
from actors.workflow.wf.leaves import CALL_KEYS, FOREACH_KEYS, SCRIPT_KEYS, SUB_KEYS
from actors.workflow.wf.parser import parse

FOLDER = Path(__file__).parents[2] / "examples" / "flow"
FILES = sorted(FOLDER.glob("*.wf"))
LARGEST = ("release-train", "fix-until-green", "backlog-sweep")
WORDS = {"call", "call workflow", "if", "unless", "while", "do", "parallel", "gate", "always", "script", "foreach", "meta", "inputs"}


def test_there_are_seven() -> None:
    assert len(FILES) == 7


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_is_sound_and_the_same_in_every_notation(path: Path) -> None:
    text = path.read_text()
    assert format_wf(text, path.name) == text
    loaded = load_file(path)
    assert [warning.code for warning in loaded.warnings] == (["trigger_not_active"] if path.stem == "dependency-update" else [])
    first = digest(loaded.workflow)
    chain: tuple[Notation, ...] = ("json", "yaml", "json", "wf", "json")
    for notation in chain:
        written = convert(loaded, notation, source=path.name, folder=str(FOLDER))
        loaded = load_text(written, notation=notation, source=path.name, folder=str(FOLDER))
        assert digest(loaded.workflow) == first


def statements(items: tuple[Statement, ...]) -> Iterator[Statement]:
    for item in items:
        yield item
        yield from statements(item.body)


def used(names: tuple[str, ...]) -> tuple[set[str], dict[str, set[str]]]:
    """The words of all statements of these files, and the options of each."""
    words: set[str] = set()
    options: dict[str, set[str]] = {}
    for name in names:
        file = parse((FOLDER / f"{name}.wf").read_text(), Report(name))
        assert file is not None
        for item in statements(file.items):
            words.add(item.word)
            options.setdefault(item.word, set()).update(entry.key for entry in item.entries)
    return words, options


def test_three_of_them_use_every_statement_and_most_options() -> None:
    words, options = used(LARGEST)
    assert words == WORDS
    assert set(CALL_KEYS) - options["call"] == set()
    assert set(FOREACH_KEYS) - options["foreach"] == set()


def test_all_of_them_use_all_options_of_statements() -> None:
    words, options = used(tuple(path.stem for path in FILES))
    assert words == WORDS
    for word, keys in (("script", SCRIPT_KEYS), ("call workflow", SUB_KEYS)):
        assert set(keys) - options[word] <= {"as", "timeout"}
    assert len(set(GATE_WORDS) & options["gate"]) >= 8
    assert {"max_iterations", "stuck_after", "on_max_iter"} <= options["while"] | options["do"]
    assert {"fail_fast", "min_success", "output", "with"} <= options["parallel"]
