"""The workflows of the benchmarks, as the text that is handed to the daemon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "chain", "commands", "fan", "gated", "signalled", "timed"]

FOLDER = str(Path(__file__).resolve().parent / "nodes")


def _flow(name: str, nodes: list[dict[str, Any]], parallel: int = 1) -> str:
    inputs = {"run": {"type": "integer", "default": 0}}
    return json.dumps({"penstock": 1, "workflow": name, "inputs": inputs, "limits": {"parallel": parallel}, "nodes": nodes})


def _step(node_id: str, i: int, needs: list[str]) -> dict[str, Any]:
    return {"id": node_id, "python": "steps:step", "with": {"run": "{{ inputs.run }}", "i": i}, "needs": needs}


def chain(steps: int) -> str:
    """Steps one after another."""
    return _flow("chain", [_step(f"n{i}", i, [f"n{i - 1}"] if i else []) for i in range(steps)])


def fan(steps: int, parallel: int) -> str:
    """Steps beside each other, and one that waits for all."""
    steps_ = [_step(f"n{i}", i, []) for i in range(steps)]
    return _flow("fan", [*steps_, {"id": "join", "python": "steps:joined", "needs": [f"n{i}" for i in range(steps)]}], parallel)


def gated() -> str:
    """A question, then one step."""
    return _flow("gated", [{"id": "ask", "gate": "human_approval"}, _step("n0", 0, ["ask"])])


def signalled() -> str:
    """A wait for a signal, then one step."""
    return _flow("signalled", [{"id": "wait", "wait": {"signal": "go", "timeout": "30d"}}, _step("n0", 0, ["wait"])])


def timed() -> str:
    """A wait for a time far away, then one step."""
    return _flow("timed", [{"id": "wait", "wait": {"timer": "30d"}}, _step("n0", 0, ["wait"])])


def commands(steps: int, parallel: int) -> str:
    """Commands that do nothing, beside each other."""
    return _flow("commands", [{"id": f"n{i}", "command": ["true"]} for i in range(steps)], parallel)
