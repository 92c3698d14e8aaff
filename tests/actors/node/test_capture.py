"""A log keeps the beginning and the end of a stream; nothing grows with what a process writes."""

# ruff: noqa: ASYNC240  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.node.capture import CHUNK, Capture
from actors.node.executor import perform
from actors.node.messages import Success
from actors.node.orders import WorkOrder
from actors.node.tools import Tools
from tests.actors.node.support import sh

CAP = 4 << 20


def captured(path: Path, chunks: list[bytes], *, cap: int = 4000, keep: int = 100) -> tuple[Capture, bytes]:
    capture = Capture(str(path), cap=cap, keep=keep)
    for chunk in chunks:
        capture.feed(chunk)
    capture.close()
    return capture, path.read_bytes() if path.exists() else b""


def test_what_fits_is_kept_as_it_came(tmp_path: Path) -> None:
    capture, log = captured(tmp_path / "log", [b"a\n", b"b", b"c\n"])
    assert (log, bytes(capture.head), capture.total) == (b"a\nbc\n", b"a\nbc\n", 5)


def test_nothing_makes_no_file(tmp_path: Path) -> None:
    captured(tmp_path / "log", [])
    assert not (tmp_path / "log").exists()


def test_of_what_does_not_fit_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    data = b"".join(b"%07d\n" % number for number in range(1000))
    capture, log = captured(tmp_path / "log", [data[at : at + 100] for at in range(0, len(data), 100)])
    assert log == data[:3500] + b"\n[penstock: 4000 bytes left out]\n" + data[-500:]
    assert (bytes(capture.head), capture.total) == (data[:100], 8000)


def test_a_log_that_just_fits_has_nothing_left_out(tmp_path: Path) -> None:
    data = b"x\n" * 2000
    assert captured(tmp_path / "log", [data])[1] == data


@pytest.mark.parametrize("newline", [b"\nnext\n", b""])
def test_a_line_is_cut_at_its_cap(tmp_path: Path, newline: bytes) -> None:
    chunks = [b"first\n", *[b"x" * CHUNK] * 3, b"y" * 10, newline]
    _, log = captured(tmp_path / "log", chunks, cap=1 << 20)
    note = b" [penstock: %d bytes of this line left out]" % (2 * CHUNK + 10)
    assert log == b"first\n" + b"x" * CHUNK + note + newline


def test_lines_up_to_the_cap_are_not_cut_however_they_arrive(tmp_path: Path) -> None:
    rng = random.Random(1)
    data = b"".join(b"z" * rng.choice([0, 1, CHUNK - 1, CHUNK]) + b"\n" for _ in range(30))
    chunks, at = [], 0
    while at < len(data):
        size = rng.randint(1, CHUNK)
        chunks.append(data[at : at + size])
        at += size
    assert captured(tmp_path / "log", chunks, cap=8 << 20)[1] == data


def test_a_log_that_breaks_stops_and_the_stream_goes_on(tmp_path: Path) -> None:
    capture = Capture(str(tmp_path / "no" / "log"), cap=4000, keep=10)
    capture.feed(b"abc\n")
    capture.feed(b"def\n")
    capture.close()
    assert isinstance(capture.broken, FileNotFoundError)
    assert capture.total == 8


async def test_a_flood_on_both_streams_takes_no_more_memory_than_a_trickle(order: Callable[..., WorkOrder], tools: Tools) -> None:
    await perform(order(sh("true")), tools)
    task = order(sh("head -c 64M /dev/zero | tr '\\0' '\\n' & head -c 64M /dev/zero >&2; wait"))
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    verdict = await perform(task, tools)
    grown = _memory("VmHWM") - before
    assert isinstance(verdict, Success)
    assert grown <= 8 << 10, f"{grown} KiB more"
    sizes = [path.stat().st_size for path in Path(task.run_dir, "logs").iterdir()]
    assert max(sizes) <= CAP + 100


def _memory(name: str) -> int:
    """KiB."""
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
