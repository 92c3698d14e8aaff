"""What campaigns look at in the store: runs, snapshots, and whether the workflow is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from actors.campaign.measuring import Measured
from actors.campaign.snapshots import digest_of, snapshot_hash
from actors.campaign.step import RunSeen
from actors.campaign.summaries import outputs_of
from actors.run.eligibility import stuck_nodes
from actors.run.known import is_run
from actors.run.logbook import CorruptLog, fold_log
from storage import StorageError, StreamDamaged

if TYPE_CHECKING:
    from actors.library import Library
    from actors.run.state import RunState
    from actors.services import Services

__all__ = ["StoredWorld"]

_KEPT = 256


class StoredWorld:
    """For one campaign. A run that has not grown since it was looked at is not read again."""

    def __init__(self, services: Services, library: Library, workflow_id: str) -> None:
        self._services = services
        self._library = library
        self._workflow_id = workflow_id
        self._seen: dict[str, tuple[int, RunSeen]] = {}

    @property
    def source_there(self) -> bool:
        """Whether the source workflow is stored and was not removed."""
        return self._library.record(self._workflow_id).there

    def run(self, run_id: str) -> RunSeen | None:
        """The run as it stands in its log. One whose log cannot be read has failed, as far as campaigns are concerned."""
        head = self._services.store.journal.head(run_id)
        if head == 0 or not is_run(self._services.store, run_id):
            return None
        known = self._seen.get(run_id)
        if known is None or known[0] != head:
            if len(self._seen) >= _KEPT:
                self._seen.clear()
            known = self._seen[run_id] = head, self._read(run_id)
        return known[1]

    def definition(self, digest: str) -> Mapping[str, Any]:
        """A snapshot that is stored."""
        found: Mapping[str, Any] = orjson.loads(self._services.store.blobs.get(digest))
        return found

    def name(self, definition: Mapping[str, Any]) -> tuple[str, str]:
        """The digest under which a snapshot is stored, and its hash."""
        return digest_of(definition), snapshot_hash(definition, self._services.rules.default_profile)

    def _read(self, run_id: str) -> RunSeen:
        try:
            state = fold_log(self._services, run_id)
        except (CorruptLog, StreamDamaged, LookupError):
            return RunSeen(run_id, self._workflow_id, "failed", None, Measured({}, 0, 0, 0.0, unpriced=False, execution_ms=0))
        return RunSeen(run_id, state.workflow_id, state.status, self._hash(state), _measured(state))

    def _hash(self, state: RunState) -> str | None:
        try:
            return snapshot_hash(self.definition(state.digest), self._services.rules.default_profile)
        except (StorageError, LookupError):
            return None


def _measured(state: RunState) -> Measured:
    usage = state.usage
    return Measured(
        outputs_of(state), len(stuck_nodes(state)), usage.prompt_tokens + usage.completion_tokens, usage.cost_usd, usage.unpriced,
        state.active_time_ms(state.updated_at_ms),
    )  # fmt: skip
