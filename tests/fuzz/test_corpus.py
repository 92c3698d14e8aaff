"""The readers keep their promises on every text of the corpus, on some hundred changes of them, and on the largest hostile ones."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.mutations import changed
from tests.fuzz.targets import CORPUS, TARGETS, judge, seeds

FILES = sorted(CORPUS.iterdir())
LARGE = 20_000  # what takes its square shows here already, also on a machine that is busy; `python -m tests.fuzz` tries more
HOSTILE = {
    "braces": "workflow w " + "{" * LARGE,
    "blocks": "workflow w {" + "if a {" * (LARGE // 6),
    "lists": "workflow w { call a { x = " + "[" * LARGE,
    "maps": "workflow w { call a { x = " + "{ a = " * (LARGE // 6),
    "digits": "workflow w { call a { retries = " + "9" * LARGE,
    "dots": "workflow w { call " + "." * LARGE,
    "string": 'workflow w { call "' + "\\" * LARGE,
    "quotes": "workflow w {" + '"' * LARGE,
    "comments": "workflow w {" + "//\n" * (LARGE // 3),
    "keys": "workflow w { call a { " + "x = 1 " * (LARGE // 6) + "}}",
    "unknown": "workflow w { call a { " + " ".join(f"k{i} = 1" for i in range(LARGE // 12)) + "}}",
    "calls": "workflow w {" + "call a\n" * (LARGE // 7) + "}",
    "gates": "workflow w {" + "gate g { rework = [q] }\n" * (LARGE // 25) + "}",
    "flaws": "workflow w {" + "?" * LARGE,
    "mistakes": "workflow w {" + "call }\n" * (LARGE // 7),
    "blank": "\n" * LARGE,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_text_of_the_corpus(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = [target for target in TARGETS if (target == "yaml") == (path.suffix == ".yaml")]
    assert [judge(target, text) for target in targets] == [""] * len(targets)


@pytest.mark.parametrize("target", TARGETS)
def test_changed_texts(target: str) -> None:
    chance, texts = random.Random(20), seeds(target)
    assert [flaw for _ in range(150) if (flaw := judge(target, changed(chance.choice(texts), texts, chance)))] == []


@pytest.mark.no_cover  # measuring takes longer than reading
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_large_hostile_text_is_judged_within_a_second(text: str) -> None:
    assert [judge(target, text) for target in ("lexer", "parser")] == ["", ""]


def test_the_command_runs_for_its_time_and_finds_nothing(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "--seconds",
        "0.3",
        "--seed",
        "7",
        "--target",
        "parser",
        "--found",
        str(tmp_path / "found"),
    ]
    ended = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, (tmp_path / "found").exists()) == (0, False), ended.stdout
    assert "seed 7" in ended.stdout
