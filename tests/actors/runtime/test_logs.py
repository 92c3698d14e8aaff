"""Logs of attempts, as a reply shows them: in order, filtered, never more than fits."""

from __future__ import annotations

import os
from pathlib import Path

from actors.runtime import logs
from actors.runtime.logs import IN_ALL, SHOWN, read_logs


def write(folder: Path, name: str, data: bytes, at: int) -> None:
    path = folder / name
    path.write_bytes(data)
    os.utime(path, ns=(at, at))


def test_entries_come_in_the_order_in_which_attempts_wrote(tmp_path: Path) -> None:
    write(tmp_path, "b.1.1.out", b"second", 2)
    write(tmp_path, "a.x.1.2.err", b"first", 1)
    found = read_logs(tmp_path, None, None)
    assert [(entry["node_id"], entry["instance"], entry["attempt"], entry["stream"], entry["text"]) for entry in found] == [
        ("a.x", 1, 2, "err", "first"), ("b", 1, 1, "out", "second"),
    ]  # fmt: skip
    assert (found[1]["path"], found[1]["size"], found[1]["truncated"]) == (str(tmp_path / "b.1.1.out"), 6, False)


def test_a_node_and_an_attempt_can_be_asked_for(tmp_path: Path) -> None:
    for name in ("a.1.1.out", "a.1.2.out", "ab.1.1.out"):
        write(tmp_path, name, b"x", 1)
    assert [Path(entry["path"]).name for entry in read_logs(tmp_path, "a", None)] == ["a.1.1.out", "a.1.2.out"]
    assert [Path(entry["path"]).name for entry in read_logs(tmp_path, "a", 2)] == ["a.1.2.out"]


def test_other_files_folders_and_links_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "notes.txt", b"x", 1)
    (tmp_path / "a.1.1.out").symlink_to(tmp_path / "notes.txt")
    (tmp_path / "b.1.1.out").mkdir()
    assert read_logs(tmp_path, None, None) == []
    assert read_logs(tmp_path / "gone", None, None) == []


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    write(tmp_path, "a.1.1.out", b"\xff\xfeok", 1)
    assert read_logs(tmp_path, None, None)[0]["text"] == "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}ok"


def test_what_is_long_is_shown_with_head_and_tail(tmp_path: Path) -> None:
    write(tmp_path, "a.1.1.out", b"H" * SHOWN + b"T" * SHOWN, 1)
    (entry,) = read_logs(tmp_path, None, None)
    assert (entry["truncated"], entry["size"]) == (True, 2 * SHOWN)
    assert entry["text"] == "H" * (SHOWN // 2) + "\n[...]\n" + "T" * (SHOWN // 2)
    write(tmp_path, "a.1.1.out", b"E" * SHOWN, 1)
    assert read_logs(tmp_path, None, None)[0]["truncated"] is False


def test_all_together_fit_in_a_reply(tmp_path: Path) -> None:
    for number in range(IN_ALL // SHOWN + 4):
        write(tmp_path, f"a.1.{number + 1}.out", b"x" * (2 * SHOWN), number)
    found = read_logs(tmp_path, None, None)
    assert sum(len(entry["text"]) for entry in found) <= IN_ALL + 64 * len(found)
    assert logs.NAME.fullmatch("a.1.1.log") is None
