"""Webhook deliveries as they are kept: each in a log of its own, found under the keys of what it says, used up once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import Factory, frozen

from actors.entity import Fact
from actors.wait.messages import Delivery
from actors.wait.row import WaitRow, webhook_key
from storage.codec import Codec, canonical
from storage.records import Append, Headline, Recorded

if TYPE_CHECKING:
    from storage.store import Store

__all__ = ["KIND", "WebhookConsumed", "WebhookReceived", "delivery_codec", "delivery_id", "early_delivery", "keys_of", "received"]

KIND = "delivery"


@frozen
class WebhookReceived(Fact):
    """A delivery was accepted."""

    kind: ClassVar[str] = "webhook_received"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    trigger_id: str
    fields: Mapping[str, str] = Factory(dict)
    provider: str | None = None
    event_kind: str | None = None
    by: str | None = None
    payload: Any = None


@frozen
class WebhookConsumed(Fact):
    """It has ended the wait of a run, and ends no other."""

    kind: ClassVar[str] = "webhook_consumed"
    run_id: str
    wait_id: str


@cache
def delivery_codec() -> Codec[Fact]:
    """The codec of these logs."""
    return Codec((WebhookReceived, WebhookConsumed))


def delivery_id(trigger_id: str, fields: Mapping[str, str]) -> str:
    """The name of a delivery: that of its event at the provider, else its idempotency key, else its body's digest."""
    name = fields.get("provider_event_id") or fields.get("idempotency_key") or fields["body_digest"]
    return "delivery-" + sha256(canonical([trigger_id, name])).hexdigest()[:32]


def keys_of(trigger_id: str, fields: Mapping[str, str]) -> tuple[str, ...]:
    """All keys under which a wait for it may be looking."""
    return (webhook_key(trigger_id), *(webhook_key(trigger_id, field, value) for field, value in fields.items()))


def received(name: str, event: WebhookReceived, at_ms: int) -> Append:
    """The append that keeps a delivery."""
    line = Headline(name, KIND, "accepted", at_ms, at_ms, keys=keys_of(event.trigger_id, event.fields))
    return Append(name, 0, (delivery_codec().encode(event),), headline=line)


def _consumed(line: Headline, run_id: str, wait_id: str, at_ms: int) -> Append:
    after = Headline(line.stream, KIND, "consumed", line.created_ms, at_ms, keys=())
    return Append(line.stream, 1, (delivery_codec().encode(WebhookConsumed(run_id, wait_id)),), headline=after)


def early_delivery(store: Store, run_id: str, row: WaitRow, at_ms: int) -> tuple[Delivery, Append] | None:
    """The oldest delivery that the wait may take, and the append that uses it up."""
    key = row.lookup_key
    for line in store.catalog.found(key, 50) if key is not None else ():
        if line.kind != KIND:
            continue
        found: list[Recorded] = store.journal.read(line.stream, 0, 1)
        event = delivery_codec().decode(found[0])
        assert isinstance(event, WebhookReceived)
        if _fits(row.match, event):
            delivery = Delivery(
                line.stream, event.trigger_id, event.fields, event.provider, event.event_kind, event.payload, line.created_ms
            )  # fmt: skip
            return delivery, _consumed(line, run_id, row.wait_id, at_ms)
    return None


def _fits(match: Mapping[str, Any], event: WebhookReceived) -> bool:
    """Whether what the wait asks of the provider and the kind of event holds; trigger and field were the key."""
    return match.get("provider") in (None, event.provider) and match.get("event_kind") in (None, event.event_kind)
