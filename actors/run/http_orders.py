"""The request of an attempt, rendered: values in its address are percent-encoded, secrets stay handles. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from actors.flow.texts import Texts
from actors.node.orders import HttpOrder
from actors.workflow.partly import Partly
from actors.workflow.spec_http import SAFE_METHODS, Http, header_secret
from actors.workflow.template import TemplateError

__all__ = ["address", "http_order", "request_told"]


def http_order(http: Http, texts: Texts, key: str) -> HttpOrder:
    """`key` is the same for every attempt of one instance: servers that know `Idempotency-Key` do the work of all attempts once."""
    headers, secrets = {} if http.method in SAFE_METHODS else {"Idempotency-Key": key}, {}
    for name, text in http.headers.items():
        headers = {known: value for known, value in headers.items() if known.lower() != name.lower()}
        if (secret := header_secret(text)) is not None:
            secrets[name] = secret
        else:
            headers[name] = _one_line(name, texts.text(text))
    return HttpOrder(http.method, texts.text(http.url, quote=address), headers, secrets, texts.value(http.body), http.expect)


def request_told(http: Http, partly: Partly) -> dict[str, Any]:
    """The request as far as it is known before anything has run; secrets by their handles."""
    headers = {name: text if header_secret(text) else partly.at("headers").text(text) for name, text in http.headers.items()}
    body = {} if http.body is None else {"body": partly.at("body").render(http.body)}
    return {
        "method": http.method, "url": partly.at("http").text(http.url, quote=address), **({"headers": headers} if headers else {}), **body,
    }  # fmt: skip


def address(text: str, shown: str) -> str:
    """The value as one piece of an address: what would begin another piece is percent-encoded. Raises TemplateError for `.` and `..`."""
    if text in {".", ".."}:
        raise TemplateError("http_url_invalid", shown, f"{{{{ {shown} }}}} is {text!r}, which would lead to another place of the server.")
    return quote(text, safe="")


def _one_line(name: str, text: str) -> str:
    if text.isprintable() and text.isascii():
        return text
    raise TemplateError(
        "http_header_invalid", name, f"The header {name} would hold {text[:60]!r}: a header is one line of ASCII characters."
    )
