"""The collector that the settings name: its address, and the headers that it wants to see. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from actors.telemetry import names as n
from actors.version import VERSION

if TYPE_CHECKING:
    from actors.config.sections import Telemetry
    from actors.telemetry.spans import Value

__all__ = ["Collector", "collector_of"]

TRACES = "/v1/traces"


@frozen
class Collector:
    """Where spans go. `headers` may hold secrets; `resource` says whose spans these are; `problem`: why nothing can be sent."""

    url: str
    resource: Mapping[str, Value]
    content: bool
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    problem: str = ""


def collector_of(telemetry: Telemetry, environ: Mapping[str, str]) -> Collector | None:
    """The collector, or None where spans are told to nobody. The path of the address gets `/v1/traces` unless it ends so."""
    if telemetry.endpoint is None:
        return None
    parts = urlsplit(telemetry.endpoint)
    path = parts.path.rstrip("/")
    url = parts._replace(path=path if path.endswith(TRACES) else path + TRACES).geturl()
    resource: dict[str, Value] = {n.SERVICE_NAME: telemetry.service_name, n.SERVICE_VERSION: VERSION}
    name = telemetry.headers_env
    if name is None:
        return Collector(url, resource, telemetry.content)
    headers = _headers(environ.get(name, ""))
    problem = "" if headers else f"the variable {name}, which should hold headers (name=value,name=value), is not set or not of that form"
    return Collector(url, resource, telemetry.content, headers, problem)


def _headers(text: str) -> dict[str, str]:
    """As in OTEL_EXPORTER_OTLP_HEADERS; empty where it is not of that form."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    headers = {name.strip(): unquote(value.strip()) for name, sign, value in pairs if sign and name.strip() and name.isascii()}
    whole = len(headers) == len(pairs) and all(value.isascii() and value.isprintable() for value in headers.values())
    return headers if whole else {}
