"""Tools over the working folder: what they do, what they refuse, and that nothing but a known call that fits reaches them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.agent.provider.messages import ToolCall
from actors.agent.tools.files import LARGEST_READ, LARGEST_WRITE, MOST_ENTRIES, SPECS, FileTools
from actors.agent.tools.finish import Finish
from actors.agent.tools.hands import Hands
from actors.node.contained import open_folder


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    folder = open_folder(str(tmp_path))
    yield Hands((FileTools(folder, SPECS), Finish()))
    os.close(folder)


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def use(hands: Hands, name: str, **arguments: Any) -> tuple[str, bool]:
    said = await hands.use(ToolCall("c", name, arguments))
    return said.text, said.is_error


async def test_tools_write_read_and_list_inside_the_folder(hands: Hands, tmp_path: Path) -> None:
    assert await use(hands, "list_dir", path=".") == ("(empty)", False)
    assert await use(hands, "write_file", path="a/b.txt", content="ü") == ("Wrote 2 bytes to a/b.txt.", False)
    assert await use(hands, "write_file", path="a/b.txt", content="new") == ("Wrote 3 bytes to a/b.txt.", False)
    assert await use(hands, "read_file", path="a/b.txt") == ("new", False)
    (tmp_path / "link").symlink_to("/etc")
    assert await use(hands, "list_dir", path=".") == ("a/\nlink (no plain file)", False)
    (tmp_path / "long").write_bytes(b"x" * (LARGEST_READ + 1))
    assert (await use(hands, "read_file", path="long"))[0].endswith(f"[... {LARGEST_READ + 1} bytes in all]")
    for i in range(MOST_ENTRIES):
        (tmp_path / "a" / f"{i}").touch()
    assert (await use(hands, "list_dir", path="a"))[0].endswith(f"[... {MOST_ENTRIES + 1} entries in all]")
    assert await use(hands, "finish", summary="done") == ("Done.", False)
    assert names(tmp_path) == ["a", "link", "long"]  # nothing half written


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("write_file", {"path": "../x", "content": ""}, "Refused"),
        ("write_file", {"path": "/x", "content": ""}, "Refused"),
        ("write_file", {"path": "link/x", "content": ""}, "Refused"),
        ("write_file", {"path": "folder", "content": ""}, "cannot be done"),
        ("write_file", {"path": "x", "content": "x" * (LARGEST_WRITE + 1)}, "at most"),
        ("write_file", {"path": "x"}, '"content" is a required property'),
        ("write_file", {"path": 7, "content": ""}, "$.path: 7 is not of type"),
        ("read_file", {"path": "missing"}, "cannot be done"),
        ("read_file", {"path": "folder"}, "no plain file"),
        ("read_file", {"path": "link/passwd"}, "Refused"),
        ("list_dir", {"path": "missing"}, "cannot be done"),
        ("sudo", {}, "There is no tool 'sudo'"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value).split(" ")[0],
)
async def test_what_a_tool_refuses_is_told_and_harms_nothing(
    hands: Hands, tmp_path: Path, name: str, arguments: dict[str, Any], words: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc")
    text, is_error = await use(hands, name, **arguments)
    assert (words in text, is_error) == (True, True)
    assert names(tmp_path) == ["folder", "link"]


async def test_what_is_not_permitted_is_no_tool() -> None:
    hands = Hands((FileTools(0, ()), Finish()))
    assert list(hands.specs) == ["finish"]
    assert (await hands.use(ToolCall("c", "read_file", {"path": "x"}))).is_error
