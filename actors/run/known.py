"""What several doors say in the same words: the first answer to a request that was applied before, and that there is no such run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from actors.refusals import Refusal, RequestKey

if TYPE_CHECKING:
    from storage.store import Store

__all__ = ["conflict", "is_run", "no_such_run", "replayed", "shutting_down"]


def replayed(store: Store, request: RequestKey) -> dict[str, Any] | Refusal | None:
    """The first answer to a request that was applied before; a refusal if its id was used for something else."""
    receipt = store.receipts.get(request.request_id)
    if receipt is None:
        return None
    if receipt.digest != request.digest.encode():
        return conflict(request)
    answer: dict[str, Any] = orjson.loads(receipt.reply)
    return answer


def conflict(request: RequestKey) -> Refusal:
    """The id of the request belongs to another one."""
    text = f"The request id {request.request_id} was used for another request. Use a new id for a new request."
    return Refusal("request_conflict", text, {"request_id": request.request_id})


def is_run(store: Store, run_id: str) -> bool:
    """Whether there is a run of this id, and it is not being removed."""
    line = store.catalog.get(run_id)
    return line is not None and line.kind == "run"


def no_such_run(run_id: str) -> Refusal:
    """Nobody knows a run of this id."""
    return Refusal("run_not_found", f"There is no run {run_id!r}. List the runs with: penstock ls", {"run_id": run_id})


def shutting_down() -> Refusal:
    """The daemon ends in order."""
    return Refusal("shutting_down", "The daemon is shutting down and takes nothing new. Ask again after its next start.")
