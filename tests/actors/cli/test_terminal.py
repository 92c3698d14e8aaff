"""`penstock run` in a real terminal: a process of its own behind a pseudo terminal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.refusals import Refusal
from tests.actors.cli.conftest import Daemon
from tests.actors.cli.world import DIGEST, World, node

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 20.0


class Terminal:
    """A person at a terminal: reads what is written there, types, presses Ctrl-C."""

    def __init__(self, *words: str) -> None:
        self.mine, theirs = os.openpty()
        command = [sys.executable, str(ROOT / "bin" / "penstock"), *words]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True)
        os.close(theirs)
        self.text = ""

    def until(self, wanted: str) -> None:
        """Read until the text has appeared."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.text:
            assert self._read(deadline), f"{wanted!r} did not appear in {self.text!r}"

    def until_again(self, wanted: str) -> None:
        """As `until`, with what comes from now on."""
        self.text = self.text.rpartition(wanted)[2] if self.text.count(wanted) < 2 else wanted
        self.until(wanted)

    def type(self, line: str) -> None:
        os.write(self.mine, line.encode() + b"\n")

    def end(self) -> int:
        """The exit code; what was written until then is in `text`."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        return self.process.wait(PATIENCE)

    def _read(self, deadline: float) -> bool:
        if not select.select([self.mine], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self.mine, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += data.decode()
        return bool(data)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.mine)


SitDown = Callable[[], Terminal]


@pytest.fixture
def sit_down(daemon: Daemon) -> Iterator[SitDown]:
    """Start `penstock run w` in a new terminal."""
    opened: list[Terminal] = []

    def start() -> Terminal:
        opened.append(Terminal("--socket", daemon.socket, "run", "w"))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def asking(world: World) -> World:
    """The run opens a gate at once."""
    world.story = world.open_gate
    return world


def test_the_tree_is_drawn_and_the_end_is_told(world: World, sit_down: SitDown) -> None:
    world.story = lambda: world.end("completed")
    terminal = sit_down()
    assert terminal.end() == 0
    assert "A run" in terminal.text
    assert "report of the run: /data/runs/r/report.md" in terminal.text


def test_end_of_input_means_later(asking: World, sit_down: SitDown) -> None:
    terminal = sit_down()
    terminal.until("[l] later")
    os.write(terminal.mine, b"\x04")
    assert terminal.end() == 5


def test_a_refused_answer_is_said_and_the_question_comes_again(asking: World, sit_down: SitDown) -> None:
    decide = asking.runtime.answers["gate_decide"]
    asking.runtime.answers["gate_decide"] = Refusal("gate_selection_invalid", "there is no such option")
    terminal = sit_down()
    terminal.until("[a] approve")
    terminal.type("a")
    terminal.until("there is no such option")
    asking.runtime.answers["gate_decide"] = decide
    terminal.until_again("[a] approve")
    terminal.type("a")
    assert terminal.end() == 0


def test_a_gate_asks_right_there_and_shows_what_is_decided(asking: World, sit_down: SitDown) -> None:
    terminal = sit_down()
    terminal.until("[a] approve")
    for shown in ("Publish?", "a.txt", "then go runs: cp a b", "[w] rework", "[l] later"):
        assert shown in terminal.text
    terminal.type("nonsense")
    terminal.until("Please answer with one of")
    terminal.type("a")
    assert terminal.end() == 0
    assert asking.runtime.called("gate_decide")[0].decision == "approve"


def test_the_use_of_a_tool_is_asked_right_there_with_every_argument(world: World, sit_down: SitDown) -> None:
    call = {"name": "run_command", "arguments": {"argv": ["rm", "x\x1b"]}, "call_id": "c", "turn": 1, "persona": "p"}
    world.story = lambda: world.open_gate(tool="run_command", shown={"tool": call}, decisions=["approve", "reject"])
    terminal = sit_down()
    terminal.until("[a] approve")
    assert 'argv = ["rm", "x\\u001b"]' in terminal.text
    terminal.type("a")
    assert terminal.end() == 0
    [decision] = world.runtime.called("gate_decide")
    assert (decision.decision, decision.shown_digest) == ("approve", DIGEST)


def test_what_is_decided_can_be_read_first(asking: World, sit_down: SitDown) -> None:
    artifact = {"node_id": "draft", "path": "a.txt", "sha256": "a" * 64, "size": 4, "text": "now\n", "truncated": False}
    asking.runtime.answers["gate_artifact"] = {"artifact": artifact}
    terminal = sit_down()
    terminal.until("[s] show")
    terminal.type("s")
    terminal.until("never approved before")
    terminal.until_again("[a] approve")
    terminal.type("a")
    assert terminal.end() == 0


def test_rejecting_asks_for_feedback(asking: World, sit_down: SitDown) -> None:
    terminal = sit_down()
    terminal.until("[r] reject")
    terminal.type("reject")
    terminal.until("Feedback")
    terminal.type("not yet")
    assert terminal.end() == 1
    [decision] = asking.runtime.called("gate_decide")
    assert (decision.decision, decision.feedback) == ("reject", "not yet")


def test_options_can_be_selected(world: World, sit_down: SitDown) -> None:
    world.story = lambda: world.open_gate(options=[{"value": "now", "label": "Publish now"}])
    terminal = sit_down()
    terminal.until("option now: Publish now")
    terminal.until("[a] approve")
    terminal.type("a")
    terminal.until("Options")
    terminal.type("now, ")
    assert terminal.end() == 0
    assert world.runtime.called("gate_decide")[0].selections == ("now",)


def test_later_ends_with_five_and_the_commands(asking: World, sit_down: SitDown) -> None:
    terminal = sit_down()
    terminal.until("[l] later")
    terminal.type("l")
    assert terminal.end() == 5
    assert "penstock approve r ok" in terminal.text


def test_a_decision_from_elsewhere_takes_the_question_away(asking: World, daemon: Daemon, sit_down: SitDown) -> None:
    terminal = sit_down()
    terminal.until("[a] approve")
    daemon.do(asking.end, "completed")
    assert terminal.end() == 0
    assert "decided elsewhere" in terminal.text


def test_control_c_leaves_cleanly(world: World, sit_down: SitDown) -> None:
    world.story = lambda: world.move("running", nodes=[node("a", "running")])
    terminal = sit_down()
    terminal.until("▶")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 5
    assert "Traceback" not in terminal.text
    assert "the daemon goes on with it" in terminal.text
