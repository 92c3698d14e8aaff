"""Words to the service manager (systemd's notify protocol): a datagram to the socket it named. Without one, nothing happens."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

__all__ = ["notify", "ready", "status", "stopping", "watchdog", "watchdog_interval"]


def notify(message: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send one message; True when there was somebody to send it to. Never raises for a manager that is gone."""
    address = environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock, suppress(OSError):
        sock.setblocking(False)
        sock.sendto(message.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
        return True
    return False


def ready(text: str) -> bool:
    """The daemon serves; `text` is its status line."""
    return notify(f"READY=1\nSTATUS={text}")


def stopping(text: str) -> bool:
    """The daemon has begun to stop."""
    return notify(f"STOPPING=1\nSTATUS={text}")


def status(text: str) -> bool:
    """What the daemon is doing."""
    return notify(f"STATUS={text}")


def watchdog() -> bool:
    """A sign of life."""
    return notify("WATCHDOG=1")


def watchdog_interval(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between signs of life, half of what the manager allows; None when it wants none from this process."""
    microseconds, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or int(microseconds) == 0 or pid not in ("", str(os.getpid())):
        return None
    return int(microseconds) / 2_000_000
