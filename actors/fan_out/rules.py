"""A node that is a for-each: how it begins, what the endings of its items' runs mean, and what goes out next. Pure (flow spec 7.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.fan_out.aggregate import child_inputs, item_variables
from actors.fan_out.answers import Collected, read_answer
from actors.fan_out.collecting import collected
from actors.fan_out.dispatch import is_over, next_items, skipped_for
from actors.fan_out.ending import end_fan_out
from actors.fan_out.events import FanOutItemCompleted, FanOutItemSkipped, FanOutItemStarted
from actors.fan_out.items import FanOut, Item
from actors.fan_out.provider import BUILT_IN, NoItems
from actors.fan_out.values import values_of
from actors.node.events import NodeInterrupted, NodeStarted
from actors.node.messages import Failure, Outcome, Success
from actors.refusals import Refusal
from actors.run.failing import fail_unrendered, record_failure
from actors.run.fanning import fan_out_of, fanning_out, items_of
from actors.run.limits import filled_in
from actors.run.retry import Retry
from actors.run.state import RunState
from actors.run.texts import texts_for
from actors.run.turn import Turn
from actors.sub_run.door import ChildStanding, start_child, too_deep
from actors.sub_run.row import DEEPEST, SubRun
from actors.sub_run.wanted import why_ended
from actors.workflow.spec import Foreach
from actors.workflow.template import TemplateError

__all__ = ["begin_fan_out", "go_on", "item_ended", "on_answer"]

MISCONFIGURED = Retry("misconfigured")


def begin_fan_out(turn: Turn, node_id: str, spec: Foreach) -> None:
    """Ask for the items: the built-in provider at once, a command by an attempt of its own."""
    state, node = turn.state, turn.state.nodes[node_id]
    provider = turn.rules.item_providers.get(spec.over)
    if provider is None:
        known = ", ".join(sorted(turn.rules.item_providers))
        text = f"There is no item provider {spec.over!r}. Configured are: {known}."
        record_failure(turn, node_id, Failure("foreach_provider_unknown", text, "configuration", {"provider": spec.over}), MISCONFIGURED)
        return
    if too_deep(turn):
        text = f"{state.workflow_id} lies {state.depth + 1} workflows deep, and {spec.workflow} would be one more than {DEEPEST + 1}."
        detail = {"parent": state.workflow_id, "workflow": spec.workflow, "limit": DEEPEST + 1}
        record_failure(turn, node_id, Failure("workflow_nesting_too_deep", text, "configuration", detail), MISCONFIGURED)
        return
    try:
        limits = filled_in(state, node_id)
    except TemplateError as error:
        fail_unrendered(turn, node_id, error)
        return
    turn.emit(NodeStarted(node_id, node.attempt + 1, node.instance, state.path_of(node_id), **limits))
    if provider.name != BUILT_IN:
        return
    try:
        scope = texts_for(state, node_id).value(dict(spec.scope or {}))
        found = values_of(scope, lambda key: _output(state, key))
    except TemplateError as error:
        _fail(turn, node_id, Failure(error.code, error.message, "configuration", {"path": error.path}))
    except NoItems as error:
        _fail(turn, node_id, Failure(error.code, f"The items of {spec.over} cannot be found: {error.message}.", "configuration"))
    else:
        _take(turn, node_id, spec, Collected(found))


def _output(state: RunState, key: str) -> Any:
    """The structured output of the newest result with that key."""
    result = state.results.get(key)
    return None if result is None else result.structured_output


def on_answer(turn: Turn, outcome: Outcome, spec: Foreach) -> Outcome | None:
    """A provider that is a command has ended: take its items, or give back the failure that this is."""
    match outcome.verdict:
        case Success(output=output):
            try:
                found = read_answer(str(output).encode(), ordered=spec.ordered)
            except NoItems as error:
                return _failed(outcome, Failure(error.code, f"What {spec.over} answered cannot be used: {error.message}."))
            _take(turn, outcome.node_id, spec, found)
            return None
        case Failure() as failure:
            detail = {"cause": failure.code, **failure.detail}
            text = f"The provider {spec.over} found no items: {failure.message}"
            told = Failure("foreach_items_failed", text, failure.failure_class, detail, category=failure.category, final=failure.final)
            return _failed(outcome, told)
        case _:
            return outcome


def _failed(outcome: Outcome, failure: Failure) -> Outcome:
    return Outcome(outcome.node_id, outcome.token, failure, outcome.usage)


def _take(turn: Turn, node_id: str, spec: Foreach, found: Collected) -> None:
    known = fan_out_of(turn.state, node_id) or FanOut()
    path = turn.state.path_of(node_id)
    fact, failure = collected(node_id, path, spec, found, known, turn.rules.max_fan_out)
    turn.emit(fact)
    if failure is not None:
        _fail(turn, node_id, failure)
    else:
        _dispatch(turn, node_id, spec)


def go_on(turn: Turn) -> None:
    """Let each for-each that is under way go as far as it comes."""
    for node_id, spec in fanning_out(turn.state):
        _dispatch(turn, node_id, spec)


def _dispatch(turn: Turn, node_id: str, spec: Foreach) -> None:
    """Send out what may go, until there is no room, nothing ready, or something that must be looked at first."""
    state, fan_out = turn.state, items_of(turn.state, node_id)
    reason = why_ended(state) if state.plan.section[node_id] == "body" else None
    if reason is not None:
        _leave(turn, node_id, reason)
        return
    while items := next_items(fan_out, spec.max_parallel, spec.on_child_fail):
        known = [_send(turn, node_id, spec, item) for item in items]  # all questions are put before one of them is answered
        if not all(known):
            return
    if is_over(fan_out, spec.on_child_fail):
        end_fan_out(turn, node_id, spec)


def _leave(turn: Turn, node_id: str, reason: str) -> None:
    """The run is being ended: when the runs of its items are over, so is the for-each, and what did not go out stays pending."""
    if not any(row.node_id == node_id for row in turn.state.children.values()):
        node = turn.state.nodes[node_id]
        turn.emit(NodeInterrupted(node_id, reason, attempt=node.attempt, instance=node.instance))


def _send(turn: Turn, node_id: str, spec: Foreach, item: Item) -> bool:
    """Make the run of one item. False while it is not known whether it can be made."""
    key, node = item.found.key, turn.state.nodes[node_id]
    path = turn.state.path_of(node_id)
    try:
        inputs = child_inputs(_rendered(turn.state, node_id, spec, item), item.found)
    except TemplateError as error:
        _settle(turn, node_id, spec, item, FanOutItemCompleted(node_id, *key, succeeded=False, code=error.code, iteration_path=path))
        return True
    birth = start_child(turn, node_id, key=f"{node.instance}.{node.attempt}/{key[0]}/{key[1]}", workflow=spec.workflow, inputs=inputs)
    if birth is None:
        return False
    if isinstance(birth, Refusal):
        _settle(turn, node_id, spec, item, FanOutItemCompleted(node_id, *key, succeeded=False, code=birth.code, iteration_path=path))
    else:
        turn.emit(FanOutItemStarted(node_id, *key, birth.run_id, path))
    return True


def _rendered(state: RunState, node_id: str, spec: Foreach, item: Item) -> Mapping[str, str]:
    texts = texts_for(state, node_id).of_item(item_variables(item.found))
    rendered: Mapping[str, str] = texts.value(dict(spec.inputs), keep=True)
    return rendered


def item_ended(turn: Turn, row: SubRun, standing: ChildStanding) -> None:
    """The run of an item has ended. One that was ended with this run is no failure: its item gets another when it goes on."""
    state, spec = turn.state, turn.state.plan.nodes[row.node_id].action
    item = items_of(state, row.node_id).running(row.run_id)
    if item is None or not isinstance(spec, Foreach) or (standing.status == "cancelled" and why_ended(state) is not None):
        return
    fact = FanOutItemCompleted(
        row.node_id, *item.found.key, succeeded=standing.status == "completed", child_run_id=row.run_id,
        code="" if standing.status == "completed" else standing.code or f"sub_workflow_{standing.status}",
        iteration_path=state.path_of(row.node_id), usage=standing.used - row.used,
    )  # fmt: skip
    _settle(turn, row.node_id, spec, item, fact)


def _settle(turn: Turn, node_id: str, spec: Foreach, item: Item, fact: FanOutItemCompleted) -> None:
    turn.emit(fact)
    if fact.succeeded or spec.on_child_fail != "skip_dependents":
        return
    for dependent in skipped_for(items_of(turn.state, node_id), item):
        turn.emit(FanOutItemSkipped(node_id, *dependent.found.key, item.found.item_id, fact.iteration_path))


def _fail(turn: Turn, node_id: str, failure: Failure) -> None:
    record_failure(turn, node_id, failure, Retry("not_retryable"))
