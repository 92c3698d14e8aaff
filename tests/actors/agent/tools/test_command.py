"""Commands that a model has chosen: the words of their sandbox, refusal without one, and that nothing of them is left."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.agent.provider.messages import ToolCall
from actors.agent.tools import command
from actors.agent.tools.command import LARGEST_INPUT, SHOWN, SPECS, Command, Place, Sandbox, told
from actors.agent.tools.excerpt import Excerpt
from actors.agent.tools.hands import Hands
from actors.agent.tools.sandbox import Private, sandboxed
from actors.agent.tools.seccomp import MACHINES
from actors.agent.tools.source import Said
from actors.node.contained import open_folder
from actors.node.guardian.ends import Ended
from actors.node.guardian.guardian import Guardian
from actors.node.tools import NodeSettings, Tools
from storage.blobs import Blobs
from tests.actors.node.support import Contents, tagged, unique, until

IN = (
    "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev",
    "--proc", "/proc",
)  # fmt: skip
EMPTY = ("--tmpfs", "/run", "--tmpfs", "/tmp")


@pytest.mark.parametrize(
    ("work", "private", "mounts"),
    [
        ("/srv/w", Private(), (*EMPTY, "--bind", "/srv/w", "/srv/w")),
        ("/tmp/w", Private(), (*EMPTY, "--bind", "/tmp/w", "/tmp/w")),
        ("/home/u/w", Private(("/home/u",)), (*EMPTY, "--tmpfs", "/home/u", "--bind", "/home/u/w", "/home/u/w")),
        ("/home/u", Private(("/home/u", "/home/u/.d")), (*EMPTY, "--bind", "/home/u", "/home/u", "--tmpfs", "/home/u/.d")),
        ("/d/runs/r/work", Private(("/d", "/")), (*EMPTY, "--tmpfs", "/d", "--bind", "/d/runs/r/work", "/d/runs/r/work")),
        ("/w/a", Private((), ("/w/a/key", "/k")), (
            *EMPTY, "--ro-bind", "/dev/null", "/k", "--bind", "/w/a", "/w/a", "--ro-bind", "/dev/null", "/w/a/key",
        )),
    ],
    ids=["plain", "below-tmp", "below-home", "home-itself", "below-the-data", "keys"],
)  # fmt: skip
def test_the_words_of_a_sandbox(work: str, private: Private, mounts: tuple[str, ...]) -> None:
    words = sandboxed("bwrap", ("make", "--share-net"), work, private, None)
    assert words == (*IN, *mounts, "--chdir", work, "--", "make", "--share-net")
    filtered = sandboxed("bwrap", ("make", "--share-net"), work, private, "/d/$(f)")
    assert filtered == ("/bin/sh", "-c", 'exec "$@" 9<"$0"', "/d/$(f)", "bwrap", "--seccomp", "9", *words[1:])


@pytest.mark.parametrize(
    ("chunks", "said"),
    [((), ""), ((b"abc",), "abc"), ((b"ab", b"cd", b"ef"), "abcdef"), ((b"abcdefghi",), "abc\n[... 3 bytes left out ...]\nghi"),
     ((b"\xff\0\n",), "\ufffd\ufffd")],
    ids=["nothing", "short", "whole", "cut", "no-text"],
)  # fmt: skip
def test_of_a_stream_the_beginning_and_the_end_are_kept(chunks: tuple[bytes, ...], said: str) -> None:
    excerpt = Excerpt(3)
    for chunk in chunks:
        excerpt.feed(chunk)
    assert (excerpt.told(), excerpt.total) == (said, sum(map(len, chunks)))


class Bench:
    """The tool over a folder of its own, and how often it was heard of."""

    def __init__(self, guardian: Guardian, folder: Path, environ: dict[str, str]) -> None:
        self.heard = 0
        self._folder = folder
        self._fd = open_folder(str(folder))
        settings = NodeSettings(kill_grace_ms=200)
        self._tools = Tools(guardian, Contents(Blobs(folder.parent)), settings, {"PATH": os.environ["PATH"], "KEY": "secret", **environ})

    async def __call__(self, *argv: str, private: Private | None = None, **more: Any) -> Said:
        sandbox = None if private is None else Sandbox(private, self._folder.parent / "filter")
        place = Place(self._fd, unique("t"), sandbox)
        hands = Hands((Command(self._tools, place, SPECS, self._hear),))
        return await hands.use(ToolCall("c", "run_command", {"argv": list(argv), **more}))

    def _hear(self) -> None:
        self.heard += 1

    def close(self) -> None:
        os.close(self._fd)


@pytest.fixture
async def run(guardian: Guardian, tmp_path: Path) -> AsyncIterator[Bench]:
    (tmp_path / "work").mkdir()
    bench = Bench(guardian, tmp_path / "work", {})
    yield bench
    bench.close()


async def test_it_runs_words_in_the_folder_with_the_environment_of_steps(run: Bench, tmp_path: Path) -> None:
    said = await run("sh", "-c", 'pwd; echo "$KEY$*"; cat; echo two >&2; : > made', "$HOME", stdin="fed")
    assert (said.state, said.text.splitlines()[1:]) == ("ok", ["stdout:", str(tmp_path / "work"), "", "fed", "stderr:", "two"])
    assert said.text.startswith("It ended with exit code 0 after 0.")
    assert ((tmp_path / "work" / "made").exists(), run.heard >= 2) == (True, True)
    assert "stdout:\n$HOME; echo *" in (await run("echo", "$HOME; echo *")).text  # nobody expands anything


@pytest.mark.parametrize(
    ("argv", "more", "words"),
    [
        (("sh", "-c", "echo no >&2; exit 3"), {}, "exit code 3"),
        (("sh", "-c", "kill -9 $$"), {}, "killed by signal 9"),
        (("no-such-program",), {}, "not started: No such file"),
        (("sh", "-c", "echo begun; sleep 300 & sleep 300"), {"timeout_s": 1}, "had not ended after 1 s"),
        ((), {}, "do not fit"),
        (("echo", 7), {}, "do not fit"),
        (("echo",), {"shell": True}, "do not fit"),
        (("echo",), {"timeout_s": 0}, "do not fit"),
        (("echo",), {"stdin": "x" * (LARGEST_INPUT + 1)}, "do not fit"),
        (("echo", "\0"), {}, "was not started"),
    ],
    ids=["fails", "killed", "missing", "late", "empty", "number", "option", "no-time", "long-input", "nul"],
)
async def test_what_does_not_end_well_is_told(run: Bench, guardian: Guardian, argv: Any, more: dict[str, Any], words: str) -> None:
    said = await run(*argv, **more)
    assert (said.state, words in said.text) == ("error", True)
    assert tagged(guardian.tag) == []


async def test_of_much_output_the_model_hears_the_beginning_and_the_end(run: Bench) -> None:
    said = await run("sh", "-c", f"echo first; head -c {SHOWN * 3} /dev/zero | tr '\\0' x; echo; echo last")
    assert said.text.startswith("It ended with exit code 0")
    assert "first\n" in said.text
    assert "bytes left out" in said.text
    assert said.text.endswith("x\nlast")
    assert len(said.text) < 2 * SHOWN + 200


async def test_whoever_is_cancelled_leaves_no_process(run: Bench, guardian: Guardian) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, "sh", "-c", "setsid sleep 300 & sleep 300")
        await until(lambda: len(tagged(guardian.tag)) >= 3)
        nursery.cancel_scope.cancel()
    assert tagged(guardian.tag) == []


async def test_with_its_guardian_lost_nobody_knows(run: Bench, guardian: Guardian) -> None:
    said: list[Said] = []

    async def use() -> None:
        said.append(await run("sleep", "300"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(use)
        await until(lambda: len(tagged(guardian.tag)) >= 1)
        os.kill(guardian.pid or 0, 9)
    assert said[0].state == "uncertain"


def test_processes_that_cannot_be_ended_are_told() -> None:
    said = told(Ended(0, undead=2), None, 1.0, Excerpt(9), Excerpt(9))
    assert (said.state, said.text) == ("error", "2 of its processes could not be ended.\nIt wrote nothing.")


async def test_without_a_sandbox_nothing_runs(guardian: Guardian, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    bench = Bench(guardian, tmp_path / "work", {"PATH": str(tmp_path)})
    said = await bench("touch", "made", private=Private())
    assert (said.state, "bwrap is not on the daemon's PATH" in said.text, list(os.scandir(tmp_path / "work"))) == ("denied", True, [])
    bench.close()


async def test_without_its_filter_nothing_runs(guardian: Guardian, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "bwrap").write_text("#!/bin/sh\n: > made\n")
    (tmp_path / "bwrap").chmod(0o700)
    (tmp_path / "filter.part").mkdir()  # so that it cannot be written
    bench = Bench(guardian, tmp_path / "work", {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    said = await bench("true", private=Private())
    assert (said.state, "filter of its sandbox, filter, could not be written: Is a directory" in said.text) == ("error", True)
    monkeypatch.setattr(command, "lay", str)  # it vanishes between two moments
    said = await bench("true", private=Private())
    assert (said.state, "No such file" in said.text, list(os.scandir(tmp_path / "work"))) == ("error", True, [])
    bench.close()


@pytest.fixture
def hidden(tmp_path: Path) -> Private:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "penstock.db").write_text("facts")
    (tmp_path / "key").write_text("secret")
    return Private((str(tmp_path / "data"),), (str(tmp_path / "key"),))


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed: what the kernel does with its words is not seen")
async def test_in_the_sandbox_there_is_the_folder_and_nothing_to_reach_from_it(run: Bench, tmp_path: Path, hidden: Private) -> None:
    look = f"""
        umount {tmp_path}/data; umount {tmp_path}/key; ls {tmp_path}/data; cat {tmp_path}/key
        echo x > {tmp_path}/outside; echo x > /etc/outside; kill -0 {os.getpid()}
        grep -c : /proc/net/dev; ls -d /proc/[0-9]* | wc -l; echo $$; : > made; exit 7
    """
    said = await run("sh", "-c", look, private=hidden)
    assert "exit code 7" in said.text
    lines = said.text.split("stdout:\n")[1].split("\nstderr:\n")[0].splitlines()
    assert (lines[0], int(lines[1]) < 6, int(lines[2]) < 6) == ("1", True, True)  # the loopback alone, and none of our processes
    assert "facts" not in said.text
    assert "secret" not in said.text
    assert not (tmp_path / "outside").exists()
    assert (tmp_path / "work" / "made").exists()


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed: what the kernel does with its words is not seen")
async def test_the_sandbox_has_its_filter_and_no_descriptor_of_it(run: Bench) -> None:
    said = await run("sh", "-c", "grep Seccomp: /proc/self/status; ls /proc/$$/fd; unshare -U true || echo refused", private=Private())
    lines = said.text.split("stdout:\n")[1].splitlines()
    assert lines[0].split() == ["Seccomp:", "2" if platform.machine() in MACHINES else "0"]
    assert "9" not in lines
    assert ("refused" in lines) == (platform.machine() in MACHINES)


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed: what the kernel does with its words is not seen")
async def test_the_sandbox_goes_with_whoever_is_cancelled(run: Bench, guardian: Guardian) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: run("sh", "-c", "sleep 301 & sleep 302", private=Private()))
        await until(lambda: len(tagged(guardian.tag)) >= 4)
        nursery.cancel_scope.cancel()
    assert tagged(guardian.tag) == []
