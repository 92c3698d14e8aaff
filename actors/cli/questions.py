"""What stands open in a run that one stays with, and in the runs below it that have come to rest: questions to people, or time alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import frozen

from actors.cli.tool_call import is_about_tool
from actors.control.client import CallRefused

__all__ = ["Question", "Standing", "standing_of"]

RESTS: Final = ("waiting", "awaiting_approval")
Run = dict[str, Any]
Look = Callable[[str], Run]
"""The run of an id, as `run.get` has it. Raises CallRefused."""


@frozen
class Question:
    """A gate that a person may answer, and the run that asks."""

    run_id: str
    gate: dict[str, Any]

    @property
    def key(self) -> tuple[str, str, int]:
        """What an answer is to: no other opening of the gate has it."""
        return self.run_id, str(self.gate["gate_name"]), int(self.gate["instance"])

    @property
    def about_tool(self) -> bool:
        """Whether it asks about the use of a tool."""
        return is_about_tool(self.gate)


@frozen
class Standing:
    """`questions`: those of the run first. `moves`: all that it waits for, and what runs below it do, is time."""

    questions: tuple[Question, ...] = ()
    moves: bool = False


def standing_of(run: Run, look: Look) -> Standing:
    """How the run stands, with those below it."""
    children = run.get("children", ())
    below = [standing for child in children if child["status"] in RESTS and (standing := _below(child, look)) is not None]
    waits = [wait for wait in run.get("waits", ()) if wait["status"] == "waiting"]
    timed = [wait["wait_kind"] == "timer" for wait in waits] + [one.moves for one in below]
    moves = run["status"] == "waiting" and bool(timed) and all(timed) and len(below) == len(children)
    return Standing((*_questions(run), *(question for one in below for question in one.questions)), moves)


def _below(child: Run, look: Look) -> Standing | None:
    try:
        return standing_of(look(child["run_id"]), look)
    except CallRefused:
        return None  # it was removed just now


def _questions(run: Run) -> Iterator[Question]:
    """Whether the effect of an attempt happened is no question that is answered here: it is asked by command alone."""
    for node in run.get("nodes", ()):
        gate = node.get("gate")
        if gate and gate["decisions"] and gate["gate_name"] in run["open_gates"] and gate["gate_name"] != f"{node['node_id']}.outcome":
            yield Question(run["run_id"], gate)
