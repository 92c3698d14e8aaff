"""Looking for text in the working folder: what is found, what is left out, and that nothing leads out of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.agent.provider.messages import ToolCall
from actors.agent.tools import search
from actors.agent.tools.hands import Hands
from actors.agent.tools.search import SPECS, Search
from actors.node.contained import open_beneath, open_folder


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("needle")
    (tmp_path / "src" / "a.py").write_text("one\nneedle = 1\r\nNeedle\n")
    (tmp_path / "src" / "deep" / "b.txt").write_text("x needle y")
    (tmp_path / "z.md").write_text("all quiet")
    (tmp_path / "pipe").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    folder = open_folder(str(tmp_path))
    yield Hands((Search(folder, SPECS),))
    os.close(folder)


async def found(hands: Hands, pattern: Any, **more: Any) -> list[str]:
    said = await hands.use(ToolCall("c", "search", {"pattern": pattern, **more}))
    return [f"! {said.text}"] if said.is_error else said.text.split("\n")


A, B = "src/a.py:2: needle = 1", "src/deep/b.txt:1: x needle y"


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ({"pattern": "needle"}, [A, B]),
        ({"pattern": "needle", "ignore_case": True}, [A, "src/a.py:3: Needle", B]),
        ({"pattern": "needle", "path": "src/deep"}, [B]),
        ({"pattern": "needle", "path": "src/a.py"}, [A]),
        ({"pattern": "needle", "glob": "*.py"}, [A]),
        ({"pattern": "needle", "glob": "src/d*/*"}, [B]),
        ({"pattern": "n.+e"}, ["(nothing was found)"]),
        ({"pattern": "^n.+e", "regex": True}, [A]),
        ({"pattern": "^n.+e$", "regex": True, "ignore_case": True}, ["src/a.py:3: Needle"]),
        ({"pattern": "root"}, ["(nothing was found)"]),
        ({"pattern": "root:", "path": "."}, ["(nothing was found)"]),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
async def test_lines_are_found_with_their_places(hands: Hands, asked: dict[str, Any], lines: list[str]) -> None:
    assert await found(hands, **asked) == lines


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"pattern": "x", "path": "../x"}, "Refused"),
        ({"pattern": "x", "path": "/etc"}, "Refused"),
        ({"pattern": "x", "path": "out"}, "Refused"),
        ({"pattern": "x", "path": "out/passwd"}, "Refused"),
        ({"pattern": "x", "path": "passwd"}, "Refused"),
        ({"pattern": "x", "path": "gone"}, "cannot be done"),
        ({"pattern": "x", "path": "pipe"}, "neither a folder nor a plain file"),
        ({"pattern": "(", "regex": True}, "cannot be looked for"),
        ({"pattern": "(a)\\1", "regex": True}, "cannot be looked for"),
        ({"pattern": ""}, "do not fit"),
        ({"pattern": "x" * 1_001}, "do not fit"),
        ({"pattern": "x", "follow": True}, "do not fit"),
    ],
    ids=[
        "up", "absolute", "link", "below-link", "link-to-file", "missing", "fifo", "no-pattern", "reference", "empty", "long", "unknown",
    ],
)  # fmt: skip
async def test_what_is_refused_is_told(hands: Hands, asked: dict[str, Any], words: str) -> None:
    [said] = await found(hands, **asked)
    assert (said[0], words in said) == ("!", True)


async def test_what_is_no_text_or_cannot_be_read_is_counted(hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LARGEST_FILE", 40)
    (tmp_path / "binary").write_bytes(b"needle\0")
    (tmp_path / "large").write_bytes(b"needle" * 10)
    (tmp_path / "two\nlines").write_bytes(b"needle \xff")
    assert await found(hands, "needle") == [A, B, "two\\nlines:1: needle \ufffd", "[2 files were left out: no text, or more than 40 bytes]"]


async def test_what_is_shown_is_bounded(hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "many").write_text("q\n" * 10_000)
    (tmp_path / "wide").write_text("w" * 1_000)
    said = await found(hands, "q")
    assert (len(said), said[-1]) == (201, "[200 lines are shown; there may be more]")
    assert [len(line) for line in await found(hands, "w", path="wide")] == [len("wide:1: ") + 301]
    monkeypatch.setattr(search, "MOST_FILES", 2)
    assert (await found(hands, "nowhere"))[-1].startswith("[stopped after 2 files of ")


async def test_no_pattern_and_no_file_take_long(hands: Hands, tmp_path: Path) -> None:
    (tmp_path / "long").write_text("a" * 1_000_000 + "b\n" + "aaaa\n" * 100_000)
    began = time.perf_counter()
    await found(hands, "(a+)+$", regex=True, path="long")
    await found(hands, "(a|aa)+c", regex=True, path="long", glob="l" + "*g" * 90)
    assert time.perf_counter() - began < 5


async def test_what_vanishes_meanwhile_is_passed_over(hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = open_beneath

    def late(folder: int, path: str, flags: int) -> int:
        if path in ("src/deep", "src/a.py"):
            raise FileNotFoundError(path)
        return real(folder, path, flags)

    monkeypatch.setattr("actors.agent.tools.search.open_beneath", late)
    assert await found(hands, "needle") == ["(nothing was found)"]


async def test_what_cannot_be_read_or_becomes_something_else_is_left_out(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def changing(folder: int, path: str, flags: int) -> int:
        calls.append(path)
        if path == "src/a.py" and calls.count(path) == 2:
            return open_beneath(folder, "pipe", flags)  # between the listing and the reading
        if path == "z.md" and calls.count(path) == 2:
            raise PermissionError(path)
        return open_beneath(folder, path, flags)

    monkeypatch.setattr("actors.agent.tools.search.open_beneath", changing)
    assert await found(hands, "e") == [B, "[2 files were left out: no text, or more than 4194304 bytes]"]
