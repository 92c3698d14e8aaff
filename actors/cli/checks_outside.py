"""What the doctor looks at outside of Penstock: the hook that is told what needs a person, and who answers gates. Starts nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from actors.cli.link import Link
from actors.control.client import CallRefused, Disconnected, NoDaemon

if TYPE_CHECKING:
    from actors.config import Config

__all__ = ["Row", "configured", "look_at_hook", "look_at_resolvers"]

Row = tuple[Literal["ok", "warn", "fail"], str, str]
"""Level, text, advice."""


def configured(link: Link) -> Config | None:
    """The settings; None where they cannot be read."""
    from actors.config import ConfigInvalid, load

    try:
        return load(os.environ, link.places.config_file)
    except ConfigInvalid:
        return None  # said by another check


def look_at_hook(link: Link) -> list[Row]:
    """Program, key, and what the daemon has met with."""
    config = configured(link)
    if config is None or not config.notify.ways:
        return [] if config is None else [("ok", "nobody is told what needs a person: neither notify.command nor notify.url is set", "")]
    rows: list[Row] = []
    if config.notify.command is not None:
        rows.append(_program("notify.command", config.notify.command[0]))
    if config.notify.key_file is not None:
        rows.append(_file("notify.key_file", config.notify.key_file))
    return rows + _told(link)


def _told(link: Link) -> list[Row]:
    try:
        with link.client() as client:
            told: Mapping[str, Any] = client.call("system.info").get("notifications", {})
    except (NoDaemon, Disconnected, CallRefused):
        return []  # said by another check
    words = {"sent": "sent", "queued": "waiting", "given_up": "given up"}
    text = ", ".join(f"{told[name]} {said}" for name, said in words.items() if name in told)
    if "failing" in told:
        return [("warn", f"notifications: {text}; the last try failed: {told['failing']}", "try it with: penstock notify test")]
    if "given_up" in told:
        return [("warn", f"notifications: {text}", "see them with: penstock dead-letters ls")]
    return [("ok", f"notifications: {text or 'none yet'}", "" if "sent" in told else "try it with: penstock notify test")]


def look_at_resolvers(link: Link) -> list[Row]:
    """Programs that answer gates, and tokens."""
    config = configured(link)
    if config is None:
        return []
    programs = [(name, how) for name, how in config.gates.resolvers if not isinstance(how, str)]
    rows: list[Row] = [_program(f"gates.resolvers.{name}", how[0]) for name, how in programs]
    rows += [("ok", f"gates.resolvers.{name}: {how}", "") for name, how in config.gates.resolvers if isinstance(how, str)]
    rows += [_file(f"gates.tokens.{name}", where[5:]) for name, where in config.gates.tokens if where.startswith("file:")]
    return rows or [("ok", "no type of gate has a resolver", "")]


def _program(key: str, word: str) -> Row:
    found = shutil.which(word)
    if found is None:
        return "fail", f"{key}: there is no program {word!r} on PATH", "install it, or name it with its whole path"
    return "ok", f"{key}: {found}", ""


def _file(key: str, where: str) -> Row:
    path = Path(where)
    if not path.is_file() or not os.access(path, os.R_OK):
        return "fail", f"{key}: {where} is no file that uid {os.getuid()} can read", "write the secret into it, one line, mode 0600"
    if path.stat().st_mode & 0o007:
        return "warn", f"{key}: everybody can read {where}", f"chmod 600 {where}"
    return "ok", f"{key}: {where}", ""
