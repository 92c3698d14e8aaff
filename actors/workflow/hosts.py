"""Names of hosts as lists of what may be reached have them, and whether such lists have an address. Pure data and rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

__all__ = ["HOST_FORM", "Reach", "host_entry", "reach"]

HOST_FORM: Final = "example.org, *.example.org, or with a port: example.org:8443, 127.0.0.1:8080, [::1]:8080"
Reach = Literal["denied", "allowed", "named"]
LONGEST: Final = 255
USUAL_PORTS: Final = (80, 443)
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_ENTRY: Final = re.compile(rf"(?:(?:\*\.)?{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\])(?::([0-9]{{1,5}}))?")


def host_entry(raw: str) -> str | None:
    """The entry in small letters; None where it is none."""
    entry = raw.strip().lower()
    found = _ENTRY.fullmatch(entry) if len(entry) <= LONGEST else None
    return entry if found is not None and (found[1] is None or 0 < int(found[1]) < 65_536) else None


def reach(host: str, port: int, lists: Iterable[tuple[str, ...]]) -> Reach:
    """Whether every list has the host, which is in small letters and, for an IPv6 address, in brackets; without a list it is denied.

    An entry without a port stands for the usual ones. `named`: every list has just this host with just this port.
    """
    known = list(lists)
    if not known or not all(any(_fits(host, port, entry) for entry in entries) for entries in known):
        return "denied"
    return "named" if all(f"{host}:{port}" in entries for entries in known) else "allowed"


def _fits(host: str, port: int, entry: str) -> bool:
    name, ports = (entry[: found.start()], (int(found[1]),)) if (found := re.search(r":([0-9]+)$", entry)) else (entry, USUAL_PORTS)
    if entry.endswith("]"):
        name, ports = entry, USUAL_PORTS
    return port in ports and (host == name or (name.startswith("*.") and host.endswith(name[1:])))
