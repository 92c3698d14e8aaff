"""One HTTP request of a node, from its order to its verdict. It goes to the host that the workflow names, and follows nothing elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import trio

from actors.node.failures import out_of_time
from actors.node.messages import Failure, Success
from actors.node.orders import HttpOrder, WorkOrder
from actors.node.output import from_stream, text_of
from actors.node.tools import Tools
from actors.outside.reaching import PORTS, addresses_of, fetch_first, host_of
from actors.outside.trouble import Trouble, not_before
from actors.outside.web import Reply, Request
from actors.workflow.hosts import Reach, reach
from actors.workflow.spec_http import SAFE_METHODS
from storage.codec import canonical

__all__ = ["ask"]

FOR_EVER_S: Final = 7 * 86_400.0
"""The node's own time limit is what ends a request."""
_SAID: Final = 2_000
_BEFORE_SENT: Final = ("http_unreachable", "http_host_private")
_AGAIN: Final = (408, 425, 429)


async def ask(order: WorkOrder, action: HttpOrder, tools: Tools) -> Success | Failure:
    """Make the request. A time limit or a cancellation gives it up; what it had done by then is not known."""
    with trio.move_on_after(FOR_EVER_S if order.total_ms is None else order.total_ms / 1000):
        return await _ask(order, action, tools)
    assert order.total_ms is not None, "nobody waits that long"
    return out_of_time(order, "node_absolute_timeout", order.total_ms)


async def _ask(order: WorkOrder, action: HttpOrder, tools: Tools) -> Success | Failure:
    url = urlsplit(action.url)
    host, port = host_of(url), url.port or PORTS[url.scheme]
    reached = _reached(host, port, tools.settings.http_hosts)
    if reached == "denied":
        text = f"{host}:{port} is not one of the hosts that flow.http_hosts allows; add it there if the workflow is to reach it"
        return Failure("http_host_denied", text, "configuration", {"host": f"{host}:{port}"})
    try:
        headers = await _headers(action, tools)
        body, kind = _body(action.body)
        request = Request(action.method, url._replace(fragment="").geturl(), FOR_EVER_S, kind | headers, body)
        return _judged(order, action, await fetch_first(request, await addresses_of(url, reached)))
    except Trouble as trouble:
        return _failed(action, f"{host}:{port}", trouble)


def _reached(host: str, port: int, allowed: tuple[str, ...] | None) -> Reach:
    """Without a list everything in the open network may be reached."""
    return "allowed" if allowed is None else reach(host, port, (allowed,))


async def _headers(action: HttpOrder, tools: Tools) -> dict[str, str]:
    found = dict(action.headers)
    for name, (before, handle) in action.secrets.items():
        assert tools.vault is not None, "a daemon that runs nodes knows its secrets"
        found[name] = before + await tools.vault.resolve(handle, tools.guardian)
    return found


def _body(body: Any) -> tuple[bytes | None, dict[str, str]]:
    """What is sent, and the header that says what it is, where the node does not say so itself."""
    if body is None:
        return None, {}
    return (body.encode(), {"Content-Type": "text/plain; charset=utf-8"}) if isinstance(body, str) else (
        canonical(body), {"Content-Type": "application/json"}
    )  # fmt: skip


def _judged(order: WorkOrder, action: HttpOrder, reply: Reply) -> Success | Failure:
    fine = reply.status in action.expect if action.expect else 200 <= reply.status <= 299
    if not fine:
        return _refused(action, reply)
    warnings: list[str] = []
    value, failure = from_stream(order, reply.body, len(reply.body), warnings, source="the answer's body")
    return failure or Success(value, None, tuple(warnings))


def _refused(action: HttpOrder, reply: Reply) -> Failure:
    """A status that was not expected: what the server's trouble is may pass, and what is wrong with the request will not."""
    said = text_of(reply.body[:_SAID], whole=False)
    wanted = ", ".join(map(str, action.expect)) or "200 to 299"
    passing = reply.status >= 500 or reply.status in _AGAIN
    refused = reply.status in (401, 403)
    kind = "provider_transient" if passing else "provider_terminal" if refused else "contract_miss"
    detail: dict[str, Any] = {"status": reply.status, "body": said} | _later(reply.headers)
    text = f"{urlsplit(action.url).netloc} answered {action.method} with status {reply.status}; expected: {wanted}"
    return Failure("http_status", text, kind, detail, unknown=reply.status >= 500 and action.method not in SAFE_METHODS)


def _later(headers: Mapping[str, str]) -> dict[str, str]:
    """When the server wants to be asked again, in its own words."""
    return {"retry_after": headers["retry-after"]} if not_before({"retry-after": headers.get("retry-after", "")}, 0) is not None else {}


def _failed(action: HttpOrder, where: str, trouble: Trouble) -> Failure:
    code = "http_output_too_large" if trouble.code == "http_too_large" else trouble.code
    if not code.startswith("http_"):
        return Failure(code, trouble.message, "configuration")
    if code == "http_host_private":
        text = f"{trouble.message}: add it to flow.http_hosts with its port"
        return Failure(code, text, "configuration", {"host": where})
    sent = code not in _BEFORE_SENT
    kind = "provider_transient" if code in {"http_unreachable", "http_broken"} else "contract_miss"
    return Failure(code, trouble.message, kind, {"host": where}, unknown=sent and action.method not in SAFE_METHODS)
