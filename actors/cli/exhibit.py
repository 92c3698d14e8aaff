"""`penstock show RUN GATE`: everything that an approval would be bound to, with the bytes of the artifacts and what changed in them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from actors.cli import exits
from actors.cli.ask import about_gate
from actors.cli.inbox import answers, deadline
from actors.cli.link import Reader
from actors.cli.text import count, date_time, emit, print_json, visible, visible_lines

__all__ = ["show_artifacts", "show_gate"]

_LINES = 400
"""Lines of one content or difference that are printed."""


def show_gate(reader: Reader, run_id: str, name: str, *, as_json: bool) -> int:
    """Print one open gate with its artifacts. With `as_json` one object: the gate, and `artifacts` as `gate.artifact` gives them."""
    answer = reader.call("gate.get", {"run_id": run_id, "gate": name})
    gate = answer["gate"]
    found = _artifacts(reader, run_id, gate)
    if as_json:
        print_json({**gate, "artifacts": found})
        return exits.OK
    emit(visible(f"{gate['gate_name']}  of {run_id}  ({gate['title']}, {gate['run_status']})"))
    about_gate(gate, whole=True)
    for name_, value in sorted(gate["shown"].get("inputs", {}).items()):
        emit(visible(f"  input {name_} = {value}"))
    emit(visible(f"  {deadline(gate, answer['now_ms'])}"))
    for one in found:
        _artifact(one["artifact"], one.get("approved"))
    emit()
    emit(visible(f"  An approval holds for exactly this: sha256 {gate['shown_digest']}"))
    emit(visible(f"  -> {answers(gate)}"))
    return exits.OK


def show_artifacts(reader: Reader, run_id: str, gate: dict[str, Any]) -> None:
    """Print what the gate is about, each artifact beside what was approved last."""
    for one in _artifacts(reader, run_id, gate):
        _artifact(one["artifact"], one.get("approved"))
    emit()


def _artifacts(reader: Reader, run_id: str, gate: dict[str, Any]) -> list[dict[str, Any]]:
    sources = [item["node_id"] for item in gate["shown"].get("artifacts", ())]
    return [reader.call("gate.artifact", {"run_id": run_id, "gate": gate["node_id"], "node_id": source}) for source in sources]


def _artifact(artifact: dict[str, Any], approved: dict[str, Any] | None) -> None:
    """The difference from what was approved last; where there is none, the content."""
    emit()
    emit(visible(f"  {artifact['path']}  of {artifact['node_id']}, {_size(artifact)}"))
    if approved is None:
        emit("  never approved before")
        return _lines(artifact)
    when = f"{date_time(approved['decided_at_ms'])} by {approved['decided_by']} (instance {approved['instance']} in {approved['run_id']})"
    if approved["sha256"] == artifact["sha256"]:
        emit(visible(f"  the same bytes as were approved {when}"))
        return _lines(artifact)
    emit(visible(f"  approved last {when}; since then:"))
    if "text" not in artifact or "text" not in approved:
        emit(visible(f"  not to be compared as text: {_size(approved)} then, {_size(artifact)} now"))
        return _lines(artifact)
    changes = difflib.unified_diff(approved["text"].splitlines(), artifact["text"].splitlines(), "approved", "now", lineterm="", n=3)
    return _some(changes)


def _size(content: dict[str, Any]) -> str:
    if content.get("missing"):
        return "which is not there any more"
    what = ", binary" if content.get("binary") else ", cut" if content.get("truncated") else ""
    return f"{count(content['size'], 'byte')}{what}"


def _lines(content: dict[str, Any]) -> None:
    _some(iter(content.get("text", "").splitlines()))


def _some(lines: Iterator[str]) -> None:
    """So many of the lines; whoever wants all of them looks at the file."""
    for line in islice(lines, _LINES):
        emit(f"    {visible_lines(line)}")
    if (left := sum(1 for _ in lines)) > 0:
        emit(f"    … {count(left, 'more line')}: look at the file itself")
