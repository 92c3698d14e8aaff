"""The method that shows what a gate is about: the content of an artifact, beside what the gate approved last."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import trio

from actors.entity import Fact
from actors.gate.approvals import Approval, last_approval
from actors.gate.events import ApprovalGateDecided, ApprovalGateOpened
from actors.node.artifact import content_of
from actors.refusals import Refusal
from actors.run.vocabulary import run_codec
from actors.runtime.gates import GateMethods
from storage.converter import kind_of
from storage.errors import BlobDamaged, BlobMissing

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal
    from actors.run.state import RunState
    from actors.runtime.base import Answer

__all__ = ["LARGEST_TEXT", "ExhibitMethods"]

LARGEST_TEXT = 128 << 10
"""Bytes of a content that are shown; two of them fit into one answer."""
LARGEST_READ = 8 << 20
FORMER_RUNS = 20
"""How many earlier runs of the workflow are looked through for an approval."""
PAGE = 1000
ASKED = frozenset(kind_of(fact) for fact in (ApprovalGateOpened, ApprovalGateDecided))


class ExhibitMethods(GateMethods):
    """What lies before a decider, byte for byte."""

    async def gate_artifact(self, params: p.GateArtifact, by: Principal) -> Answer:
        """The artifact that `node_id` left for the gate, as it was shown, and as it was when the gate was approved last."""
        answer = await self.gate_get(params, by)
        if isinstance(answer, Refusal):
            return answer
        gate = answer["gate"]
        wanted = [item for item in gate["shown"].get("artifacts", ()) if params.node_id in (None, item["node_id"])]
        if len(wanted) != 1:
            return _which(gate, params.node_id, [item["node_id"] for item in gate["shown"].get("artifacts", ())])
        [item] = wanted
        state = self.fold(params.run_id)
        if isinstance(state, Refusal):
            return state
        found = {"run_id": params.run_id, "gate": gate["node_id"], "instance": gate["instance"], "shown_digest": gate["shown_digest"]}
        artifact = item | await trio.to_thread.run_sync(self._content, self._workdir(state), item["path"], item["sha256"])
        former = await self._former(state, gate["node_id"], (item["node_id"], item["path"]))
        return found | {"artifact": artifact} | ({"approved": former} if former else {})

    def _workdir(self, state: RunState) -> str:
        return state.workspace or f"{self.services.run_path(state.run_id)}/work"

    def _content(self, workdir: str | None, path: str, digest: str | None) -> dict[str, Any]:
        """The bytes of that digest: from the store, else from the file, if it still has them. Nothing where nobody has them."""
        if digest is None:
            return {"missing": True}
        try:
            return _readable(self.services.store.blobs.get(digest))
        except (BlobMissing, BlobDamaged):
            data = content_of(workdir, path, LARGEST_READ) if workdir is not None else None
            return _readable(data) if data is not None and sha256(data).hexdigest() == digest else {"missing": True}

    async def _former(self, state: RunState, node_id: str, artifact: tuple[str, str]) -> dict[str, Any] | None:
        """The same artifact at the gate's latest approval, in this run or in one of the workflow's latest before it."""
        before = self.services.store.catalog.list("run", group=state.workflow_id, limit=FORMER_RUNS + 1)
        for run_id in dict.fromkeys([state.run_id, *(line.stream for line in before if line.created_ms <= state.created_at_ms)]):
            approval = last_approval(await self._asked(run_id), node_id)
            if approval is not None and (digest := approval.digests.get(artifact)) is not None:
                content = await trio.to_thread.run_sync(self._content, None, artifact[1], digest)
                return _approved(run_id, approval) | {"path": artifact[1], "sha256": digest} | content
        return None

    async def _asked(self, run_id: str) -> list[tuple[Fact, int]]:
        """The facts of the run's log that are about gates, oldest first. The log may be long: others get their turn between its pages."""
        found: list[tuple[Fact, int]] = []
        after = 0
        while page := self.services.store.journal.read(run_id, after, PAGE):
            found += [(run_codec().decode(recorded), recorded.at_ms) for recorded in page if recorded.kind in ASKED]
            after = page[-1].seq
            await trio.lowlevel.checkpoint()
        return found


def _approved(run_id: str, approval: Approval) -> dict[str, Any]:
    return {"run_id": run_id, "instance": approval.instance, "decided_at_ms": approval.decided_at_ms, "decided_by": approval.decided_by}


def _readable(data: bytes) -> dict[str, Any]:
    """The text, cut to what may be shown; of what is no text the size alone."""
    found: dict[str, Any] = {"size": len(data)}
    try:
        text = data[:LARGEST_TEXT].decode(errors="ignore" if len(data) > LARGEST_TEXT else "strict")
    except UnicodeDecodeError:
        return found | {"binary": True}
    if "\0" in text:
        return found | {"binary": True}
    return found | {"text": text, "truncated": len(data) > LARGEST_TEXT}


def _which(gate: dict[str, Any], node_id: str | None, names: list[str]) -> Refusal:
    known = ", ".join(names) or "none"
    if node_id is None and names:
        text = f"The gate {gate['gate_name']} is about artifacts of several nodes: {known}. Say of which one."
        return Refusal("artifact_ambiguous", text, {"nodes": names})
    text = f"The gate {gate['gate_name']} is about no artifact" + (f" of {node_id!r}" if node_id else "") + f". Artifacts of: {known}."
    return Refusal("artifact_not_found", text, {"nodes": names})
