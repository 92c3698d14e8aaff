"""What a service's refusal means: its status and its words become one of our failures. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from actors.agent.provider.border import decode, excerpt
from actors.agent.provider.failures import ProviderFailure
from storage.strict_json import BadJson

__all__ = ["refused", "retry_after_ms", "said_in_stream"]

STATUSES: Final = {
    401: "provider_unauthorized", 402: "provider_quota_exhausted", 403: "provider_unauthorized", 408: "provider_overloaded",
    409: "provider_overloaded", 425: "provider_overloaded", 429: "provider_rate_limited", 503: "provider_overloaded",
    529: "provider_overloaded",
}  # fmt: skip
KINDS: Final = {
    "insufficient_quota": "provider_quota_exhausted", "billing_error": "provider_quota_exhausted",
    "billing_not_active": "provider_quota_exhausted",
    "rate_limit_error": "provider_rate_limited", "rate_limit_exceeded": "provider_rate_limited",
    "overloaded_error": "provider_overloaded", "timeout_error": "provider_overloaded", "server_overloaded": "provider_overloaded",
    "authentication_error": "provider_unauthorized", "permission_error": "provider_unauthorized",
    "invalid_api_key": "provider_unauthorized",
    "invalid_request_error": "provider_rejected", "not_found_error": "provider_rejected", "request_too_large": "provider_rejected",
    "context_length_exceeded": "provider_rejected",
}  # fmt: skip
"""What services write into `error.type` or `error.code`."""
ADVICE: Final = {
    "provider_unauthorized": "see that the backend's key is right and may use this model",
    "provider_quota_exhausted": "the account has no credit left; nothing will be answered until it has",
    "provider_rate_limited": "too many calls at a time; it is asked again later",
    "provider_overloaded": "it has no room now; it is asked again later",
    "provider_server_error": "the service is in trouble; it is asked again later",
    "provider_rejected": "the request will be refused again until the model's name, the tools or the length of the text change",
    "provider_redirected": "redirects are not followed, since a key goes to one host only; set base_url to where it should go",
}
_LONGEST_WAIT_MS = 10**10


def refused(status: int, headers: Mapping[str, str], body: bytes) -> ProviderFailure:
    """The failure that a status other than 200 is. Names of `headers` in lower case; `body` may be cut, and need not be JSON."""
    kinds, said = _said(body)
    known = next((KINDS[kind] for kind in kinds if kind in KINDS), None)
    if 300 <= status < 400:
        code = "provider_redirected"
    elif status == 429 and known == "provider_quota_exhausted":
        code = known
    else:
        code = STATUSES.get(status, "provider_server_error" if status >= 500 else "provider_rejected")
    words = excerpt(said)
    message = f"it answered HTTP {status}" + (f": {words}" if words else "") + f"; {ADVICE[code]}"
    return ProviderFailure(
        code, message, status=status, request_id=_request_id(headers), retry_after_ms=retry_after_ms(headers) if status >= 400 else None
    )


def said_in_stream(error: object) -> ProviderFailure:
    """The failure that an error in the middle of an answer is."""
    kinds, said = _words(error)
    code = next((KINDS[kind] for kind in kinds if kind in KINDS), "provider_server_error")
    words = excerpt(said)
    return ProviderFailure(code, "the answer broke off with an error" + (f": {words}" if words else "") + f"; {ADVICE[code]}")


def retry_after_ms(headers: Mapping[str, str]) -> int | None:
    """What the service asked to wait, 0 and more milliseconds; None for nothing and for nonsense.

    A date counts from the service's own `date`, so that no two clocks are compared.
    """
    exact = _number(headers.get("retry-after-ms", ""))
    if exact is not None:
        return exact
    text = headers.get("retry-after", "")
    seconds = _number(text, 1000)
    return seconds if seconds is not None else _between(headers.get("date", ""), text)


def _number(text: str, factor: int = 1) -> int | None:
    try:
        value = float(text) * factor
    except ValueError:
        return None
    return min(_LONGEST_WAIT_MS, math.ceil(value)) if math.isfinite(value) and value >= 0 else None


def _between(now: str, then: str) -> int | None:
    try:
        wait = parsedate_to_datetime(then).timestamp() - parsedate_to_datetime(now).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return min(_LONGEST_WAIT_MS, max(0, math.ceil(wait * 1000)))


def _request_id(headers: Mapping[str, str]) -> str | None:
    found = excerpt(headers.get("x-request-id") or headers.get("request-id") or "", most=128)
    return found or None


def _said(body: bytes) -> tuple[list[str], str]:
    try:
        data = decode(body)
    except BadJson:
        return [], body.decode("utf-8", "replace")
    return _words(data.get("error", data) if isinstance(data, dict) else data)


def _words(error: Any) -> tuple[list[str], str]:
    """The kinds and the text of an error, in any of the forms that are about."""
    if not isinstance(error, dict):
        return [], error if isinstance(error, str) else ""
    kinds = [one for one in (error.get("code"), error.get("type")) if isinstance(one, str)]
    text = error.get("message") or error.get("detail") or ""
    return kinds, text if isinstance(text, str) else ""
