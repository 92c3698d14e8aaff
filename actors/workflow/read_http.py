"""Reads the keys of a node that makes an HTTP request."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form
from actors.workflow.spec_http import METHODS, Http, Method, header_secret
from actors.workflow.template import MARK

__all__ = ["read_http"]

URL_FORM: Final = "https://host/path, where {{ }} may stand behind the host"
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_OURS: Final = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "trailer", "upgrade"))
"""Headers that belong to the connection."""
_STATUS: Final = "whole numbers from 200 to 599"


def read_http(form: Form, draft: Draft) -> Http:
    """The request."""
    form.require("http", "url")
    url = _read_url(form)
    method: Method = form.choice("method", choices=METHODS, code="http_method_invalid") or "GET"  # type: ignore[assignment]  # choice checks it
    headers, body = _read_headers(form), _read_body(form, method)
    shown = {name: text for name, text in headers.items() if header_secret(text) is None}
    draft.templates += [(form.at("http", "url"), url), (form.at("headers"), shown), (form.at("body"), body)]
    return Http(url, method, headers, body, _read_expect(form))


def _read_url(form: Form) -> str:
    url = form.text("http", "url", default="") or ""
    if url and not _is_address(url):
        message = (
            f"{url[:120]!r} is no address of http or https, in ASCII and without user, password and blanks. Write {URL_FORM}; "
            "a header takes what the server is to know of the caller."
        )
        form.report.add("http_url_invalid", form.at("http", "url"), message, found=url, allowed=[URL_FORM])
    return url


def _is_address(url: str) -> bool:
    """Whether scheme and host are plain text, so that no value that is filled in decides who is asked."""
    before = url.split(MARK, 1)[0]
    try:
        parts = urlsplit(before)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    plain = before.isascii() and before.isprintable() and " " not in before and "\\" not in before
    return fine and plain and (before == url or bool(re.search(r"[/?#]", before[len(parts.scheme) + 3 :])))


def _read_headers(form: Form) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in form.table("headers").items():
        path = (*form.at("headers"), name)
        if type(value) is not str:
            form.report.add("value_type", path, f"The value of {name[:80]} must be text. Quote it.", found=value, allowed=["text"])
        elif not _HEADER.fullmatch(name) or name.lower() in _OURS:
            message = (
                f"{name[:80]!r} is no header that a node sets: use letters, digits and dashes, and none that belongs to the connection."
            )
            form.report.add("http_header_refused", path, message, found=name, allowed=["a header's name"])
        else:
            found[name] = value
    return found


def _read_body(form: Form, method: str) -> Any:
    body = form.take("body")
    if body is ABSENT:
        return None
    if method in {"GET", "HEAD"}:
        form.report.add(
            "http_body_refused", form.at("body"), f"A {method} request has no body. Leave it away, or say another method.", found=body
        )
    return body


def _read_expect(form: Form) -> tuple[int, ...]:
    value = form.take("expect")
    found = value if type(value) is list else [] if value is ABSENT else [value]
    if value is not ABSENT and (not found or not all(type(one) is int and 200 <= one <= 599 for one in found)):
        form.wrong(("expect",), value, f"a list of statuses, {_STATUS}")
        return ()
    return tuple(dict.fromkeys(found))
