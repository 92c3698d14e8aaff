"""Changing requests: sent to the daemon that listens, or, for what sets a run going, to one that this process carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.cli import exits
from actors.cli.link import Carrier, Link
from actors.cli.text import emit, print_json, visible
from actors.control.client import CallRefused, Client

__all__ = ["change", "change_or_carry"]


def change(
    link: Link, method: str, params: dict[str, Any], *, as_json: bool, tell: Callable[[dict[str, Any]], None] | None = None
) -> int:  # fmt: skip
    """Send the request to the daemon that listens and say what it did; `tell` says it in words of its own."""
    with link.client() as client:
        answer = _call(client, method, params)
    if tell is None or as_json:
        return _print(answer, as_json=as_json)
    tell(answer)
    return exits.OK


def change_or_carry(link: Link, method: str, params: dict[str, Any], *, as_json: bool) -> int:
    """As `change`; without a daemon, carry one, send the request, and stay with the run as `penstock run` does."""
    client = link.try_client()
    if client is not None:
        with client:
            return _print(_call(client, method, params), as_json=as_json)
    from actors.cli.attend import Begun, Manner, attend

    def begin(carrier: Carrier) -> Begun:
        with carrier.client() as own:
            seen = own.call("run.events", {"run_id": params["run_id"], "limit": 1})["head"]
            answer: dict[str, Any] = {}
            try:
                answer = _call(own, method, params)
            except CallRefused as refused:
                # A run that was not paused has gone on by itself as soon as it had a daemon again: what was wanted.
                if refused.code != "run_not_paused":
                    raise
        run_id = str(answer.get("run_id", params["run_id"]))
        return Begun(run_id, seen if run_id == params["run_id"] else 0)

    return attend(link, begin, Manner.of_terminal(as_json=as_json))


def _call(client: Client, method: str, params: dict[str, Any]) -> dict[str, Any]:
    from actors.cli.ids import new_request_id

    given = {key: value for key, value in params.items() if value is not None}
    return client.call(method, {"request_id": new_request_id(), **given})


def _print(answer: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(answer)
    else:
        emit(visible(_done(answer)))
    return exits.OK


def _done(answer: dict[str, Any]) -> str:
    """What was done, in words where it is about a run, else as the fields of the answer."""
    if "letter_id" in answer:
        return f"{answer['letter_id']}: now {answer['status']}"
    if "run_id" not in answer or "status" not in answer:
        return "  ".join(f"{key}: {_text(value)}" for key, value in answer.items() if value not in (None, []))
    if answer.get("already_terminal"):
        return f"{answer['run_id']}: was {answer['status']} already; nothing changed"
    gate = f"gate {answer.get('gate_name', answer.get('node_id'))}: {answer['decision']}{_count(answer)}; " if "decision" in answer else ""
    gate += _waited(answer)
    if "forked_from" in answer:
        kept = f", keeps {', '.join(answer['kept_nodes'])}" if answer["kept_nodes"] else ""
        return f"{answer['run_id']}: forked from {answer['forked_from']}{kept}; now {answer['status']}"
    again = f"; begun again: {', '.join(answer['reset_nodes'])}" if answer.get("reset_nodes") else ""
    return f"{answer['run_id']}: {gate}now {answer['status']}{again}"


def _count(answer: dict[str, Any]) -> str:
    """How many have approved, where more must."""
    return f", {answer['approvals']} of {answer['needed']}" if answer.get("answer") == "recorded" else ""


def _waited(answer: dict[str, Any]) -> str:
    """What a signal or a resolution did."""
    if answer.get("kept"):
        return "nothing waits for it yet, it is kept; "
    wait = answer.get("wait")
    return f"{wait['node_id']} has waited for it; " if wait else "nothing waits for it any more; " if "kept" in answer else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
