"""Opening a wait: everything it names is rendered now, and what came before it opened ends it at once. Pure."""

from __future__ import annotations

from typing import Any, assert_never

from actors.run.texts import texts_for
from actors.run.turn import UNKNOWN, Turn
from actors.wait.ending import deliver, resolve
from actors.wait.events import SignalRefused, WaitNodeRegistered, WaitNodeRegistrationFailed, WaitNodeRegistrationStarted
from actors.wait.payloads import misfit
from actors.wait.row import WaitRow
from actors.workflow.instants import INSTANT_FORMS, parse_instant
from actors.workflow.spec import Condition, Timer, Wait, Webhook
from actors.workflow.spec_wait import LONGEST_WAIT_MS
from actors.workflow.template import TemplateError

__all__ = ["EarlyDelivery", "open_wait", "take_deliveries"]

LONGEST = 512
"""Bytes of a condition's name and of what correlates a delivery."""


class CannotOpen(Exception):
    """What the wait names is not there, or is none: args (code, message)."""


def open_wait(turn: Turn, node_id: str) -> None:
    """Open the wait of the node's present instance; its times begin now."""
    spec = turn.state.plan.nodes[node_id].action
    assert isinstance(spec, Wait)
    try:
        source, length = _source(turn, node_id, spec.on), _length(turn, node_id, spec)
    except (CannotOpen, TemplateError) as error:
        code, message = error.args if isinstance(error, CannotOpen) else (error.code, error.message)
        turn.emit(WaitNodeRegistrationFailed(node_id=node_id, code=code, message=message))
        return
    instance = turn.state.nodes[node_id].instance
    wait_id = f"workflow:{turn.state.run_id}:{node_id}:{instance}:wait"
    turn.emit(
        WaitNodeRegistrationStarted(
            node_id=node_id,
            wait_id=wait_id,
            instance=instance,
            timeout_at_ms=None if length is None else turn.now + length,
            on_timeout=None if length is None else spec.on_timeout,
            escalate_to=spec.escalate_to,
            remind_every_ms=spec.remind_every_ms,
            **source,
        )
    )
    turn.emit(WaitNodeRegistered(node_id=node_id, wait_id=wait_id, wait_kind=source["wait_kind"]))
    row = turn.state.waits[node_id]
    if row.kind == "webhook":
        _take_delivery(turn, row)
    else:
        _take_signal(turn, row)


def _source(turn: Turn, node_id: str, on: Timer | Condition | Webhook) -> dict[str, Any]:
    texts = texts_for(turn.state, node_id)
    match on:
        case Timer(delay_ms=int(delay)):
            return {"wait_kind": "timer", "wake_at_ms": turn.now + delay}
        case Timer(delay_text=str(text)):
            return {"wait_kind": "timer", "wake_at_ms": turn.now + texts.duration("timer", text, high_ms=LONGEST_WAIT_MS)}
        case Timer(wake_at=text):
            return {"wait_kind": "timer", "wake_at_ms": _instant(texts.value(text))}
        case Condition(key=key):
            return {"wait_kind": "external_condition", "key": _word(texts.text(key), "The name of what it waits for")}
        case Webhook(field=field, value=value):
            match: dict[str, Any] = {"trigger_id": on.trigger_id, "provider": on.provider, "event_kind": on.event_kind}
            if field is not None and value is not None:
                match |= {"field": field, "value": _word(texts.text(value), f"The {field} it waits for")}
            return {"wait_kind": "webhook", "match": {name: found for name, found in match.items() if found is not None}}
        case _:
            assert_never(on)


def _length(turn: Turn, node_id: str, spec: Wait) -> int | None:
    """After how many milliseconds it is over, whatever happens."""
    if spec.timeout_text is None:
        return spec.expires_after_ms
    return texts_for(turn.state, node_id).duration("timeout", spec.timeout_text, high_ms=LONGEST_WAIT_MS)


def _instant(value: Any) -> int:
    found = parse_instant(value)
    if found is None:
        text = f"The time it waits for is {str(value)[:80]!r}, which is none. Allowed: {', '.join(INSTANT_FORMS)}."
        raise CannotOpen("timer_wake_at_invalid", text)
    return found


def _word(text: str, what: str) -> str:
    found = text.strip()
    if not found or len(found.encode()) > LONGEST:
        raise CannotOpen("wait_key_invalid", f"{what} has {len(found.encode())} bytes when it is filled in; 1 to {LONGEST} are allowed.")
    return found


def _take_signal(turn: Turn, row: WaitRow) -> None:
    """The oldest kept signal of that name that fits the wait ends it."""
    for signal in list(turn.state.signals):
        if row.kind != "external_condition" or signal.name != row.key:
            continue
        wrong = misfit(turn.state, row, signal.payload)
        if wrong is None:
            resolve(turn, row, signal.key, signal.payload, signal.by)
            return
        turn.emit(SignalRefused(name=signal.name, key=signal.key, node_id=row.node_id, message=wrong.message))


class EarlyDelivery:
    """The question whether a delivery came that nobody has taken, by the keys under which it would be found."""

    __slots__ = ("row",)

    def __init__(self, row: WaitRow) -> None:
        self.row = row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EarlyDelivery) and other.row.wait_id == self.row.wait_id

    def __hash__(self) -> int:
        return hash(self.row.wait_id)


def take_deliveries(turn: Turn) -> None:
    """Let every open webhook wait take what came for it and was kept."""
    for row in list(turn.state.waits.values()):
        if row.kind == "webhook" and row.open:
            _take_delivery(turn, row)


def _take_delivery(turn: Turn, row: WaitRow) -> None:
    delivery = turn.ask(EarlyDelivery(row))
    if delivery is not UNKNOWN and delivery is not None and delivery[1] not in turn.also:
        deliver(turn, row, delivery)
