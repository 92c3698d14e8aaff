"""Waits: list what is waited for, and say that it has happened: signal, resolve, webhook."""

from __future__ import annotations

import json
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change, change_or_carry
from actors.cli.link import link_of
from actors.cli.listing import listing

__all__ = ["resolve", "signal", "waits", "webhook"]

_WAITS = (
    ("run_id", "RUN"), ("node_id", "NODE"), ("wait_kind", "WAITS FOR"), ("key", "NAME"), ("status", "STATUS"), ("created_at_ms", "SINCE"),
    ("wake_at_ms", "WAKES"), ("timeout_at_ms", "TIMES OUT"),
)  # fmt: skip
_payload = click.argument("payload", metavar="[JSON]", required=False)
_key = click.option("--key", metavar="KEY", help="Name of this one signal: sent again with the same key it changes nothing.")


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@options.with_limit(100)
@options.as_json
@click.pass_context
def waits(context: click.Context, run_id: str | None, limit: int, *, as_json: bool) -> int:
    """List what is waited for.

    Of one run also what is over.
    """
    return listing(context, "wait.list", {"run_id": run_id, "limit": limit}, _WAITS, empty="Nothing is waited for.", as_json=as_json)


@click.command()
@options.run_id
@click.argument("name", metavar="NAME")
@_payload
@_key
@options.request_id
@options.as_json
@click.pass_context
def signal(context: click.Context, /, run_id: str, name: str, payload: str | None, **given: Any) -> int:
    """Tell a run that something has happened.

    It ends the oldest open wait for a signal (or condition) of that name; where none is open yet, it is kept for the next one. A wait
    with a key of its own is named NAME/KEY.

    \b
    Examples:
      penstock signal RUN payment '{"amount": 20}'
      penstock signal RUN payment/order-17 --key event-5512
    """
    return change_or_carry(
        link_of(context), "signal.send", _params(given, run_id=run_id, name=name, payload=payload), as_json=given["as_json"]
    )


@click.command()
@options.run_id
@click.argument("wait", metavar="NODE")
@_payload
@_key
@options.request_id
@options.as_json
@click.pass_context
def resolve(context: click.Context, /, run_id: str, wait: str, payload: str | None, **given: Any) -> int:
    """Say that the condition holds that a node waits for.

    Unlike a signal it is never kept: the wait must be open.
    """
    return change_or_carry(
        link_of(context), "wait.resolve", _params(given, run_id=run_id, wait=wait, payload=payload), as_json=given["as_json"]
    )


@click.command()
@click.argument("trigger", metavar="TRIGGER")
@_payload
@click.option("--provider", metavar="P", help="Who sends it.")
@click.option("--event", "event_kind", metavar="KIND", help="What kind of event it is, in the provider's words.")
@click.option("--event-id", "provider_event_id", metavar="ID", help="The event's id at the provider.")
@click.option("--idempotency-key", metavar="KEY", help="The sender's name for this delivery.")
@click.option("--body-digest", metavar="HEX", help="Digest of the body as it was sent; default: of the JSON given here.")
@options.request_id
@options.as_json
@click.pass_context
def webhook(context: click.Context, /, trigger: str, payload: str | None, **given: Any) -> int:
    """Hand in a webhook delivery.

    It ends the wait of one run that waits for it, now or later; the same delivery again changes nothing.

    \b
    Examples:
      penstock webhook ci '{"state": "green"}' --idempotency-key build-81
    """
    names = ("provider", "event_kind", "provider_event_id", "idempotency_key", "body_digest", "request_id")
    params = {"trigger_id": trigger, "payload": _json(payload), **{name: given[name] for name in names}}
    return change(link_of(context), "webhook.deliver", params, as_json=given["as_json"])


def _params(given: dict[str, Any], *, payload: str | None, **more: Any) -> dict[str, Any]:
    return {**more, "payload": _json(payload), "key": given["key"], "request_id": given["request_id"]}


def _json(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise exits.Told(
            "payload_malformed", f"JSON: {text[:60]!r} is not JSON ({error}); quote a text twice: '\"text\"'", exits.USAGE
        ) from None
