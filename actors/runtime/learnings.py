"""The methods about learnings: looked at here; what changes one goes to their keeper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

from actors.learning.declined import Declined
from actors.learning.log import UNREADABLE, learning_codec, learning_stream
from actors.learning.messages import Distill, ForLearning, Operation, Promote, Put, PutRevision, Review, SpawnRevision
from actors.learning.record import IN_USE, KINDS, STATUSES, Learning
from actors.learning.view import learning_json, row_json, with_learning
from actors.refusals import Refusal
from actors.runtime.base import ASK_S, Answer, Base
from actors.services import LEARNING
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.control import params_learnings as learnings
    from actors.refusals import Principal, RequestKey
    from storage import Recorded

__all__ = ["LearningMethods"]


class LearningMethods(Base):
    """What endings of runs have taught (learning spec 9)."""

    async def learning_list(self, params: learnings.LearningList, by: Principal) -> Answer:
        def look() -> Answer:
            status = _one_of(params.status, STATUSES, "learning_status_unknown")
            kind = _one_of(params.kind, KINDS, "learning_kind_unknown")
            shelf = self.learning.world.shelf
            known = shelf.all() if params.workflow_id is None else shelf.of(params.workflow_id).learnings.values()
            wanted = {"workflow_id": params.workflow_id, "project_id": params.project_id, "status": status, "kind": kind}
            asked = {name: value for name, value in wanted.items() if value is not None}
            found = [one for one in known if all(getattr(one, name) == value for name, value in asked.items())]
            found.sort(key=_newest_first)
            damaged = shelf.damaged() if params.workflow_id is None else []
            return {"learnings": [row_json(one) for one in found[: params.limit]], "count": len(found), "unreadable": damaged}

        return _read(look)

    async def learning_get(self, params: learnings.LearningOnly, by: Principal) -> Answer:
        def look() -> Answer:
            found = self.learning.world.shelf.find(params.learning_id)
            if found is None:
                raise Declined("learning_not_found", learning_id=params.learning_id)
            beside = with_learning(self.learning.world.shelf.of(found.workflow_id), found)
            return {"learning": learning_json(found), "metrics": self._metrics(found.workflow_id), **beside}

        return _read(look)

    async def learning_events(self, params: learnings.LearningEvents, by: Principal) -> Answer:
        def look() -> Answer:
            found = self.services.store.journal.read(learning_stream(params.workflow_id), params.after, params.limit)
            return {"events": [_event(recorded) for recorded in found]}

        return _read(look)

    async def learning_metrics(self, params: learnings.LearningMetrics, by: Principal) -> Answer:
        def look() -> Answer:
            policy, ignored = self.learning.policies.read()
            book = self.learning.world.shelf.of(params.workflow_id)
            used = sorted([one for one in book.learnings.values() if one.status in {*IN_USE, "regressed"}], key=_newest_first)
            rows = [{name: learning_json(one)[name] for name in _MEASURED} for one in used]
            warnings = [{"code": "config_value_invalid", "message": str(one), **asdict(one)} for one in ignored]
            return {
                "workflow_id": params.workflow_id, "metrics": self._metrics(params.workflow_id), "learnings": rows,
                "policy": asdict(policy), "warnings": warnings,
            }  # fmt: skip

        return _read(look)

    async def learning_review(self, params: learnings.LearningReview, by: Principal, request: RequestKey) -> Answer:
        runs = self.learning.policies.read()[0].verify_runs if params.verify else 0
        return await self._ask_keeper(Review(params.learning_id, params.action, params.reviewer_id, params.note, runs), by, request)

    async def learning_put(self, params: learnings.LearningPut, by: Principal, request: RequestKey) -> Answer:
        return await self._ask_keeper(Put(params.learning), by, request)

    async def learning_promote(self, params: learnings.LearningPromote, by: Principal, request: RequestKey) -> Answer:
        promote = Promote(params.learning_id, params.reviewer_id, params.approval_id, params.run_id, params.reason)
        return await self._ask_keeper(promote, by, request)

    async def learning_spawn_revision(self, params: learnings.LearningSpawnRevision, by: Principal, request: RequestKey) -> Answer:
        return await self._ask_keeper(SpawnRevision(params.learning_id, params.reviewer_id, params.title), by, request)

    async def learning_put_revision(self, params: learnings.LearningOnly, by: Principal, request: RequestKey) -> Answer:
        return await self._ask_keeper(PutRevision(params.learning_id), by, request)

    async def learning_distill(self, params: learnings.LearningDistill, by: Principal, request: RequestKey) -> Answer:
        asked = Distill(params.session_id, params.facts, params.workflow_id, params.project_id, params.run_id, params.threshold)
        return await self._ask_keeper(asked, by, request)

    def _metrics(self, workflow_id: str) -> dict[str, Any]:
        return asdict(self.learning.world.metrics(workflow_id, self.services.clock.now_ms()))

    async def _ask_keeper(self, operation: Operation, by: Principal, request: RequestKey) -> Answer:
        try:
            answer = await self.system.ref(LEARNING).ask(ForLearning(operation, by, request), timeout=ASK_S)
        except ActorDead as dead:
            return self.replayed(request) or Refusal("learning_unavailable", f"The keeper of learnings does not answer: {dead}. Ask again.")
        except (AskTimeout, MailboxFull) as late:
            return Refusal("overloaded", f"The runtime has not answered in time ({late}). Ask again with the same request id.")
        return answer if isinstance(answer, Refusal) else dict(answer)


_MEASURED = ("learning_id", "kind", "status", "summary", "baseline_before", "latest_observed_metrics", "updated_at_ms")


def _newest_first(one: Learning) -> tuple[int, str]:
    return -one.updated_at_ms, one.learning_id


def _one_of(given: str | None, allowed: tuple[str, ...], code: str) -> str | None:
    """The word that is meant, whatever its case. Raises Declined."""
    word = given.strip().lower() if given is not None else None
    if word is not None and word not in allowed:
        raise Declined(code, found=given)
    return word


def _event(recorded: Recorded) -> dict[str, Any]:
    """One fact with all its fields, as the events of the learning log are named."""
    fields = asdict(learning_codec().decode(recorded))
    if "learning_kind" in fields:
        fields["kind"] = fields.pop("learning_kind")
    return {"seq": recorded.seq, "event": recorded.kind, "at_ms": recorded.at_ms, **fields}


def _read(look: Callable[[], Answer]) -> Answer:
    try:
        return look()
    except Declined as declined:
        return declined.refusal
    except UNREADABLE as damage:
        return Declined("learning_log_unreadable", detail=str(damage)).refusal
