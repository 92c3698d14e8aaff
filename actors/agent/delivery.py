"""What an attempt of an agent comes to: its file, looked at as it lies there, or its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from actors.agent.brief import Brief
from actors.agent.watcher import summary_of
from actors.flow.answers import Answered, read_answer
from actors.flow.blocks import read_block
from actors.node import failures
from actors.node.artifact import collect, content_of
from actors.node.messages import ArtifactFact, Failure, Said, Success
from actors.node.output import MOST_TEXT
from actors.node.values import LARGEST_OUTPUT
from storage.strict_json import BadJson, loads_strict

if TYPE_CHECKING:
    from actors.agent.provider.messages import ProviderFailure
    from actors.agent.thread import Thread
    from actors.node.orders import WorkOrder
    from actors.node.tools import Tools

__all__ = ["Ended", "deliver"]

UNFIT: Final = ("artifact_invalid", "artifact_unreadable", "artifact_not_regular", "artifact_too_large")
CATEGORIES: Final = {
    **dict.fromkeys(
        ("provider_connect_failed", "provider_first_byte_timeout", "provider_idle_timeout", "provider_total_timeout"),
        "provider_connect_timeout",
    ),
    **dict.fromkeys(
        (
            "provider_rate_limited",
            "provider_overloaded",
            "provider_server_error",
            "provider_malformed",
            "provider_truncated",
            "provider_agent_failed",
        ),
        "provider_server_error",
    ),
    **dict.fromkeys(("provider_unauthorized", "provider_quota_exhausted"), "provider_auth"),
}
"""What runs call the kinds of trouble that providers have (runs spec 7.3)."""
CUT_SHORT: Final = {"refusal": "; the model declined", "length": "; its answer was cut at max_output_tokens of its persona"}


@frozen
class Ended:
    """How the conversation ended: by itself, by a limit of time (code, milliseconds), by a failure of the provider, or in `circles`.

    `circles` is how often the model was asked where that is too often, `repeats` how often it made one call in a row.
    """

    expired: tuple[str, int] | None = None
    failure: ProviderFailure | None = None
    circles: int = 0
    repeats: int = 0


async def deliver(
    order: WorkOrder, folder: int, tools: Tools, thread: Thread, ended: Ended, brief: Brief | None = None
) -> Success | Failure:
    """The verdict. Where a file is expected, it decides: one that was written in time counts, whatever came after.

    An answer by a schema is asked for beside a file, too, and is the output then.
    """
    brief = brief or Brief()
    if order.artifact is None:
        return _why(order, ended) or _words(order, thread, brief)
    found = await collect(folder, order.artifact, tools.blobs, tools.settings.artifact_cap)
    why = _why(order, ended)
    if isinstance(found, ArtifactFact):
        warnings = () if why is None else (f"salvaged: {why.message}, but its artifact was complete and valid",)
        if brief.schema is None:
            return Success(_value(order, found, thread), found, warnings)
        answer = why or _by_schema(thread, brief.schema)
        return answer if isinstance(answer, Failure) else evolve(answer, artifact=found)
    if ended.failure is not None and why is not None:
        return why
    if found.code == "artifact_missing":
        return _missing(order, found, why, thread)
    if found.code in UNFIT:
        return _unfit(found)
    return found


def _why(order: WorkOrder, ended: Ended) -> Failure | None:
    """What cut the conversation short."""
    if ended.failure is not None:
        failure = ended.failure
        known = {"status": failure.status, "request_id": failure.request_id, "retry_after_ms": failure.retry_after_ms}
        detail = {name: value for name, value in known.items() if value is not None}
        return Failure(failure.code, failure.message, failure.failure_class, detail, category=CATEGORIES.get(failure.code, ""))
    if ended.expired is not None:
        return failures.out_of_time(order, *ended.expired)
    if ended.circles:
        text = f"the agent was asked {ended.circles} times and came to no end; make its task smaller, or say when it is done"
        return Failure("agent_turns_exhausted", text, "contract_miss", {"calls": ended.circles})
    if ended.repeats:
        text = f"the agent asked for the same {ended.repeats} times in a row and had the same answer; see penstock tools"
        return Failure("agent_repeats_itself", text, "contract_miss", {"repeats": ended.repeats})
    return None


def _missing(order: WorkOrder, found: Failure, why: Failure | None, thread: Thread) -> Failure:
    said = f"; it said: {summary_of(thread)[:200]!r}" if why is None and summary_of(thread) else ""
    said = CUT_SHORT.get(thread.stop, "") + said
    text = f"{found.message}{f'; {why.message}' if why is not None else ''}{said}"
    late = why is not None and why.failure_class == "timeout"
    detail = {**found.detail, **(dict(why.detail) if why is not None else {})}
    return evolve(
        found, code="artifact_timeout", message=text, failure_class="timeout" if late else found.failure_class, detail=detail,
        unknown=late, category="node_timeout" if late else "",
    )  # fmt: skip


def _unfit(found: Failure) -> Failure:
    """All that is not what was asked for under one code; the first one stays in the detail."""
    errors = found.detail.get("errors") or [{"path": "", "message": found.message}]
    return evolve(found, code="artifact_invalid", detail={**found.detail, "found": found.code, "errors": errors})


def _value(order: WorkOrder, fact: ArtifactFact, thread: Thread) -> Any:
    """The value in a file that has a schema, where it is small enough for the log; else the agent's words."""
    if fact.schema is not None and fact.size <= LARGEST_OUTPUT:
        data = content_of(order.workdir, fact.path, LARGEST_OUTPUT)
        try:
            return None if data is None else loads_strict(data)
        except BadJson:
            return None
    return summary_of(thread)[:MOST_TEXT]


def _by_schema(thread: Thread, schema: Any) -> Success | Failure:
    """What it answers by the schema; a failure of that is repaired like one of a file."""
    found = read_answer(summary_of(thread), schema)
    if isinstance(found, Answered):
        return Success(found.value, said=Said(found.markers, found.context))
    return Failure(found.code, f"{found.message}{CUT_SHORT.get(thread.stop, '')}", "artifact_contract_unmet", found.detail)


def _words(order: WorkOrder, thread: Thread, brief: Brief) -> Success | Failure:
    text = summary_of(thread)
    if thread.stop == "refusal":
        said = f"the model declined to do this: {text[:500]!r}; word the task differently, or ask another one"
        return Failure("model_refused", said, "contract_miss")
    if brief.schema is not None:
        return _by_schema(thread, brief.schema)
    block = read_block(text) if brief.block else None
    told = None if block is None else Said(tuple(block["markers"]), block["context"])
    if order.output == "json":
        try:
            return Success(loads_strict(_bare(text).encode()))
        except BadJson as error:
            return failures.output_invalid("output_invalid_json", f"what the agent said last is not strict JSON: {error}")
    if thread.stop == "length":
        return Success(_formed(order, text), None, ("answer_cut: its last answer was cut at max_output_tokens of its persona",), told)
    warnings = (f"output_truncated: of {len(text)} characters the first {MOST_TEXT} are the output",) if len(text) > MOST_TEXT else ()
    return Success(_formed(order, text), None, warnings, told)


def _formed(order: WorkOrder, text: str) -> Any:
    shown = text[:MOST_TEXT]
    return shown.splitlines() if order.output == "lines" else shown


def _bare(text: str) -> str:
    """Without the fence that models put around JSON."""
    lines = text.strip().splitlines()
    fenced = len(lines) > 1 and lines[0].startswith("```") and lines[-1].strip() == "```"
    return "\n".join(lines[1:-1]) if fenced else text
