"""An agent with a command line that does as it is told: `fake_cli.py FOLDER DIALECT ...`. Call n does what line n of FOLDER/plan says.

Run as a program of its own by the tests of agents with a command line, so it imports nothing of the project. What it was given stands in
FOLDER/asked afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def main() -> None:
    """One call."""
    folder, dialect, *rest = sys.argv[1:]
    asked = Path(folder, "asked")
    task = sys.stdin.read()
    number = len(asked.read_text().splitlines()) if asked.exists() else 0
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PENSTOCK_RUN"))}
    with asked.open("a") as file:
        file.write(json.dumps({"argv": rest, "stdin": task, "env": environ, "cwd": str(Path.cwd()), "pid": os.getpid()}) + "\n")
    plan: list[dict[str, Any]] = [json.loads(line) for line in Path(folder, "plan").read_text().splitlines()]
    act(dialect, plan[min(number, len(plan) - 1)])


def act(dialect: str, step: dict[str, Any]) -> None:
    """What the step says, in this order."""
    if step.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if step.get("child"):
        child = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
        Path(step["child"]).write_text(str(child.pid))
    if session := step.get("session"):
        say(*BEGINNINGS[dialect](session))
    if step.get("garbage"):
        sys.stdout.write("Welcome!\n[1]\n{\n" + "x" * step["garbage"] + "\n")
    for _ in range(step.get("chatters", 0)):
        sys.stderr.write(".")
        sys.stderr.flush()
        time.sleep(0.1)
    for path, content in step.get("writes", {}).items():
        Path(path).write_text(content)
    sys.stderr.write(step.get("stderr", ""))
    if "answer" in step:
        text, used = step["answer"], step.get("used", [100, 20])
        say(*ANSWERS[dialect](text, *used))
    sys.stdout.flush()
    sys.stderr.flush()
    if step.get("hangs"):
        time.sleep(600)
    if step.get("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit(step.get("exit", 0))


def say(*events: Any) -> None:
    """A line each; what is text stays as it is."""
    sys.stdout.write("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in events))
    sys.stdout.flush()


def claude(text: str, sent: int, written: int) -> list[Any]:
    tool = {"type": "tool_use", "id": "t1", "name": "Write", "input": {}}
    usage = {"input_tokens": sent - 30, "cache_creation_input_tokens": 30, "output_tokens": written}
    result = {"type": "result", "subtype": "success", "is_error": False, "result": text, "total_cost_usd": 0.25, "usage": usage}
    return [{"type": "assistant", "message": {"content": [{"type": "text", "text": text}, tool]}}, result]


def codex(text: str, sent: int, written: int) -> list[Any]:
    tool = {"type": "item.started", "item": {"id": "i1", "type": "file_change"}}
    answer = {"type": "item.completed", "item": {"id": "i2", "type": "agent_message", "text": text}}
    return [tool, answer, {"type": "turn.completed", "usage": {"input_tokens": sent, "output_tokens": written}}]


def gemini(text: str, sent: int, written: int) -> list[Any]:
    tool = {"type": "tool_use", "tool_name": "write_file", "tool_id": "x1"}
    answer = {"type": "message", "role": "assistant", "content": text, "delta": True}
    return [tool, answer, {"type": "result", "status": "success", "stats": {"input_tokens": sent, "output_tokens": written}}]


def plain(text: str, *_: int) -> list[Any]:
    return [text]


BEGINNINGS: dict[str, Callable[[str], list[Any]]] = {
    "claude": lambda session: [{"type": "system", "subtype": "init", "session_id": session, "model": "claude-x"}],
    "codex": lambda session: [{"type": "thread.started", "thread_id": session}],
    "gemini": lambda session: [{"type": "init", "session_id": session, "model": "gemini-x"}],
    "plain": lambda _: [],
}
ANSWERS: dict[str, Callable[[str, int, int], list[Any]]] = {"claude": claude, "codex": codex, "gemini": gemini, "plain": plain}


if __name__ == "__main__":
    main()
