"""A scripted runtime: one run whose story a test tells in steps; what it answers has the shapes of the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from actors.refusals import Refusal
from tests.actors.control.fakes import FakeRuntime

NONCE, DIGEST = "n" * 32, "d" * 64


def node(node_id: str, status: str, **more: Any) -> dict[str, Any]:
    fields = {"kind": "command", "title": node_id.title(), "attempt": 1, "instance": 1, "max_attempts": 1, "finally": False}
    return {"node_id": node_id, "status": status, **fields, **more}


def gate(node_id: str = "ok", **more: Any) -> dict[str, Any]:
    shown = {"artifacts": [{"node_id": "draft", "path": "a.txt", "sha256": "a" * 64}], "commands": [{"node_id": "go", "text": "cp a b"}]}
    fields = {"gate_name": node_id, "gate_type": "human_approval", "instance": 1, "nonce": NONCE, "prompt": "Publish?"}
    return {
        "node_id": node_id, **fields, "decisions": ["approve", "reject", "rework", "cancel"], "options": [], "shown_digest": DIGEST,
        "shown": shown, "opened_at_ms": 1000, "approval_request_id": f"workflow:r:{node_id}:1", **more,
    }  # fmt: skip


class World:
    """Run `r`: `story` is called when it starts, `decided` when its gate is answered; both change it through `move`."""

    def __init__(self) -> None:
        self.runtime = FakeRuntime()
        self.nursery: trio.Nursery
        self.run: dict[str, Any] = {
            "run_id": "r", "workflow_id": "w", "title": "A run", "status": "queued", "created_at_ms": 1000, "updated_at_ms": 1000,
            "version": 1, "digest": DIGEST, "inputs": {}, "open_gates": [], "nodes": [],
        }  # fmt: skip
        self.reasons: list[dict[str, Any]] = []
        self.story: Callable[[], None] = lambda: self.end("completed")
        self.decided: Callable[[str], None] = lambda decision: self.end("completed" if decision == "approve" else "failed")
        self.on_shutdown: Callable[[], None] | None = None
        self.below: dict[str, dict[str, Any]] = {}
        self.runtime.answers |= {
            "run_start": self._start, "run_get": self._get, "run_why": self._why, "gate_decide": self._decide, "run_resume": self._resume,
            "run_events": self._events,
        }  # fmt: skip

    def move(self, status: str, event: str = "run_moved", **fields: Any) -> None:
        """Change the run and write an event about it."""
        self.run |= {"status": status, **fields}
        self.runtime.append("r", event, status=status, ended=status in {"completed", "failed", "blocked", "cancelled"})

    def end(self, status: str) -> None:
        self.move(status, f"run_{status}", output={"notes": "n.json"}, report_path="/data/runs/r/report.md", open_gates=[])

    def open_gate(self, **more: Any) -> None:
        asked = gate(**more)
        self.move("awaiting_approval", "approval_gate_opened", open_gates=[asked["node_id"]], nodes=[node("ok", "waiting", gate=asked)])

    async def _start(self, params: Any, by: Any, request: Any) -> Any:
        self.runtime.logs.setdefault("r", [])
        self.story()
        return {"run_id": "r", "status": "queued", "workflow_id": "w", "version": 1, "digest": DIGEST}

    async def _resume(self, params: Any, by: Any, request: Any) -> Any:
        return await self._start(params, by, request)

    async def _get(self, params: Any, by: Any, request: Any) -> Any:
        run = {"r": self.run, **self.below}.get(params.run_id)
        return Refusal("run_not_found", f"there is no run {params.run_id}") if run is None else {"run": dict(run)}

    async def _events(self, params: Any, by: Any, request: Any) -> Any:
        if params.run_id not in self.runtime.logs:
            return Refusal("run_not_found", f"there is no run {params.run_id}")
        return {"events": [], "head": len(self.runtime.logs[params.run_id])}

    async def _why(self, params: Any, by: Any, request: Any) -> Any:
        return {"run_id": "r", "status": self.run["status"], "reasons": self.reasons}

    async def _decide(self, params: Any, by: Any, request: Any) -> Any:
        run = {"r": self.run, **self.below}[params.run_id]
        if not run["open_gates"]:
            return Refusal("gate_already_decided", "the gate is decided")
        run["open_gates"] = []
        self.decided(params.decision)
        return {"run_id": "r", "node_id": "ok", "instance": 1, "decision": params.decision, "status": self.run["status"]}
