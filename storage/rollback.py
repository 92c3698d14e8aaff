"""Going on with a log that ends before its anchor, because a person said so: recorded, and under a new generation."""

from __future__ import annotations

import orjson

from storage.anchor import Mark
from storage.batch import Batch
from storage.database import Database
from storage.heads import Heads
from storage.limits import Limits
from storage.records import Append, AuditEntry, NewEvent, Transaction
from storage.sums import row_sum
from storage.upkeep import SYSTEM

__all__ = ["accept"]

_EPOCHS = 1 << 20  # more than any run of the lost time can have used
_BUMP = "UPDATE claims SET epoch = epoch + ?1, claimant = NULL, sum = claim_sum(stream, NULL, epoch + ?1, until_ms)"


def accept(database: Database, lost: Mark | None, limits: Limits, at_ms: int) -> None:
    """Positions, epochs and the generation jump beyond everything that was handed out, so that nothing lost can come back as valid."""
    connection = database.writer
    heads = Heads(limits.streams_cached)
    connection.create_function("claim_sum", 4, lambda *row: row_sum(row), deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    heads.refresh(connection)
    found = heads.mark()
    was = lost or found
    heads.position = max(found.position, was.position)
    heads.generation = max(found.generation, was.generation) + 1
    connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (heads.generation,))
    connection.execute(_BUMP, (_EPOCHS,))
    facts = orjson.dumps({"log_ended_at": found.position, "anchor_was_at": was.position, "generation": heads.generation})
    batch = Batch(connection, heads, largest_event=limits.event)
    event = Append(SYSTEM, heads.get(connection, SYSTEM).seq, (NewEvent("log_rolled_back", facts),))
    batch.stage(Transaction(at_ms, (event,), audit=(AuditEntry("operator", "store.accept_rollback", SYSTEM, facts, "ok"),)))
    batch.flush()
    connection.execute("COMMIT")
