"""Backends that are agents with a command line, played by `fake_cli`, and what these were given."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from attrs import evolve, frozen

from actors.agent.configured import Configured
from actors.config.backends import Backend
from actors.config.cli_agents import CLI_KINDS, CliAgent
from tests.scenarios.models import GOOD, agent, crew

if TYPE_CHECKING:
    from tests.scenarios.harness import House

__all__ = [
    "ARTIFACT", "FAKE", "KEY", "KINDS", "Stage", "failures", "flow", "gone", "good", "node", "on_stage", "parent", "told", "until",
    "until_heard",
]  # fmt: skip

KEY = "sk-canary-0123456789"
ARTIFACT = "artifact: {path: notes.json, schema: notes}"
KINDS = {"claude": "claude-cli", "codex": "codex-cli", "gemini": "gemini-cli", "plain": "command"}
FAKE = Path(__file__).with_name("fake_cli.py")


@frozen
class Stage:
    """`folder` holds the plan, and what the agents were given."""

    folder: Path

    def plan(self, *steps: dict[str, Any]) -> None:
        """What the calls do, one after the other; the last one is repeated."""
        (self.folder / "plan").write_text("".join(json.dumps(step) + "\n" for step in steps))

    @property
    def asked(self) -> list[dict[str, Any]]:
        """What each call was given, so far."""
        file = self.folder / "asked"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def backend(self, name: str, dialect: str, **more: Any) -> Backend:
        """A backend of this name whose agent is played."""
        kind = KINDS[dialect]
        words = more.pop("words", (sys.executable, str(FAKE), str(self.folder), dialect))
        agent: CliAgent = evolve(CLI_KINDS[kind], command=words, env=("AGENT_KEY",), **more)
        return Backend(name, kind, "", cli=agent)


def good(**more: Any) -> dict[str, Any]:
    """A call in which all is well."""
    return {"session": "s-1", "writes": {"notes.json": GOOD}, "answer": "Done.", **more}


async def on_stage(house: House, *steps: dict[str, Any], dialect: str = "claude", second: str | None = None, **more: Any) -> Stage:
    """The next daemon of the house, whose backend `stage` is an agent of that dialect; `understudy` is one of the `second`."""
    stage = Stage(house.folder / "stage")
    stage.folder.mkdir(exist_ok=True)
    stage.plan(*steps)
    await house.stop()
    backends = [stage.backend("stage", dialect, **more), *([stage.backend("understudy", second)] if second is not None else [])]
    house.backends = Configured(tuple(backends), {"AGENT_KEY": KEY, "OTHER_KEY": "not-for-agents", "PATH": "/usr/bin:/bin"})
    await house.start()
    return stage


def node(more: str = ARTIFACT, attempts: int = 2) -> str:
    """An agent that does not wait long before it tries again."""
    soon = f"retry: {{max_attempts: {attempts}, backoff: {{strategy: fixed, initial: 10ms}}}}"
    return agent(more=more).replace("retry: {max_attempts: 2}", soon)


def flow(*nodes: str, model: str = "claude-sonnet-4-5", **more: Any) -> str:
    return crew(*(nodes or (node(),)), personas=f"  writer: {{backend: stage, model: {model}, system: You write notes.}}\n", **more)


async def told(house: House, text: str | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The run when it has ended, and its calls."""
    run_id = await house.begin(text or flow())
    run = await house.run_until(run_id)
    return run, (await house.call("ledger.run", run_id=run_id))["calls"]


async def failures(house: House, run: dict[str, Any]) -> list[str]:
    return [event["code"] for event in await house.events(run["run_id"]) if event["event"] == "node_failed"]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def until(holds: Any) -> None:
    with trio.fail_after(20):
        while not holds():  # noqa: ASYNC110 - another process says nothing to this loop
            await trio.sleep(0.01)


async def until_heard(house: House, run_id: str) -> None:
    """Until the ledger knows the session of the call under way."""
    with trio.fail_after(20):
        while not any(row["session_id"] for row in (await house.call("ledger.run", run_id=run_id))["calls"]):  # noqa: ASYNC110 - as above
            await trio.sleep(0.01)
