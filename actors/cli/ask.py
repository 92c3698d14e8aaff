"""A gate's question on the terminal: what is shown, what may be answered, one answer. Gives way when somebody else decides first."""

from __future__ import annotations

import select
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from attrs import frozen

from actors.cli.text import emit, visible, visible_lines
from actors.cli.tool_call import about_call

__all__ = ["Later", "about_gate", "ask"]

_POLL = 0.3
_WORDS = {"a": "approve", "r": "reject", "w": "rework", "c": "cancel", "s": "show", "l": "later"}


@frozen
class Later:
    """The person wants to decide another time."""


def ask(
    gate: dict[str, Any], decided_elsewhere: Callable[[], bool], show: Callable[[], None], where: str = ""
) -> dict[str, Any] | Later | None:  # fmt: skip
    """Ask until there is an answer: fields of gate.decide, Later, or None when the gate was decided elsewhere meanwhile.

    `show` prints the artifacts that the gate is about; `where` says what asks, if that is not plain.
    """
    emit(f"\nGate {visible(gate['gate_name'])}{visible(where)}")
    about_gate(gate, whole=True)
    try:
        return _ask(gate, decided_elsewhere, show)
    except EOFError:
        return Later()


def _ask(gate: dict[str, Any], decided_elsewhere: Callable[[], bool], show: Callable[[], None]) -> dict[str, Any] | Later | None:
    looks = ["show"] if (gate.get("shown") or {}).get("artifacts") else []
    offered = [*gate["decisions"], *looks, "later"]
    question = ", ".join(f"[{key}] {word}" for key, word in _WORDS.items() if word in offered)
    while True:
        line = _read(f"{question}: ", decided_elsewhere)
        if line is None:
            emit("\nThe gate was decided elsewhere.")
            return None
        word = _WORDS.get(line.strip().lower(), line.strip().lower())
        if word not in offered:
            emit(f"Please answer with one of: {', '.join(offered)}.")
        elif word == "show":
            show()
        elif word == "later":
            return Later()
        else:
            return _complete(gate, word, decided_elsewhere)


def about_gate(gate: dict[str, Any], *, whole: bool = False) -> None:
    """Print what the gate shows: prompt, use of a tool, artifacts, commands, options. `whole`: nothing is cut."""
    shown = gate.get("shown") or {}
    if gate.get("prompt"):
        emit(textwrap.indent(visible_lines(gate["prompt"]).strip("\n"), "  "))
    if "tool" in shown:
        about_call(shown["tool"], whole=whole)
    for artifact in shown.get("artifacts", ()):
        emit(f"  artifact of {visible(artifact['node_id'])}: {visible(artifact['path'])}  sha256 {visible(artifact['sha256'])[:16]}…")
    for command in shown.get("commands", ()):
        emit(f"  then {visible(command['node_id'])} runs: {visible(command['text'])}")
    if gate.get("min_approvals", 1) > 1:
        emit(f"  {len(gate['votes'])} of {gate['min_approvals']} have approved")
    for option in gate.get("options", ()):
        emit(f"  option {visible(option['value'])}: {visible(option['label'])}")


def _complete(gate: dict[str, Any], decision: str, decided_elsewhere: Callable[[], bool]) -> dict[str, Any] | None:
    """The answer with what belongs to the decision: selections for approve, feedback for reject, rework and every review."""
    answer: dict[str, Any] = {"decision": decision}
    if decision == "approve" and gate.get("options"):
        line = _read("Options (values, separated by commas; empty for none): ", decided_elsewhere)
        if line is None:
            return None
        selections = [word for word in (part.strip() for part in line.split(",")) if word]
        answer |= {"selections": selections} if selections else {}
    if decision in {"reject", "rework"} or (decision == "approve" and gate.get("gate_type") == "human_review"):
        line = _read("Feedback (one line; empty for none): ", decided_elsewhere)
        if line is None:
            return None
        return {**answer, "feedback": line.strip()} if line.strip() else answer
    return answer


def _read(prompt: str, decided_elsewhere: Callable[[], bool]) -> str | None:
    """One line of the person; None as soon as the gate is decided elsewhere. Raises EOFError at the end of input."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], _POLL)[0]:
        if decided_elsewhere():
            return None
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line
