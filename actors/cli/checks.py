"""What the doctor looks at, one function a subject. Each only looks; what it writes (to measure the disk) it removes."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from attrs import frozen

from actors.cli.checks_outside import look_at_hook, look_at_resolvers
from actors.cli.link import Link
from actors.control import endpoint
from actors.control.client import Disconnected, NoDaemon

__all__ = ["CHECKS", "NETWORK", "Finding"]

Level = Literal["ok", "warn", "fail"]
_MIB = 1 << 20
_FREE_WARN, _FREE_FAIL = 1024 * _MIB, 128 * _MIB
_FSYNC_WARN_MS = 10.0
_SQLITE_OLDEST = (3, 35, 0)
_FILES_WARN = 1024
_PROCESSES_WARN = 512


@frozen
class Finding:
    """One line of the doctor's. `advice` says what to do, empty when there is nothing to do."""

    level: Level
    check: str
    text: str
    advice: str = ""


def _python(_: Link) -> list[Finding]:
    text = f"Python {platform.python_version()} on {platform.system()} {platform.release()}"
    if sys.platform != "linux":
        return [Finding("fail", "system", text, "Penstock needs Linux: pidfd, peer credentials, subreaper")]
    return [Finding("ok", "system", text)]


def _settings(link: Link) -> list[Finding]:
    from actors.config import ConfigInvalid, load

    try:
        loaded = load(os.environ, link.places.config_file)
    except ConfigInvalid as invalid:
        return [Finding("fail", "settings", str(problem), f"correct it in {problem.origin}") for problem in invalid.problems]
    changed = len(loaded.origins)
    return [Finding("ok", "settings", f"{link.places.config_file}, {changed} settings differ from their defaults")]


def _data(link: Link) -> list[Finding]:
    from storage.errors import OpenRefused
    from storage.folder import check_file, check_filesystem

    folder = link.places.data
    if not os.access(_existing(folder), os.W_OK | os.X_OK):
        text = f"{folder} cannot be made or written: {_existing(folder)} is not writable for uid {os.getuid()}"
        return [Finding("fail", "data", text, "make it writable, or name another folder with --data or $PENSTOCK_HOME")]
    if not folder.exists():
        return [Finding("ok", "data", f"{folder} does not exist yet; the first start makes it")]
    try:
        check_filesystem(folder)
        for name in ("penstock.lock", "penstock.anchor", "penstock.db", "penstock.db-wal"):
            check_file(folder / name)
    except OpenRefused as refused:
        return [Finding("fail", "data", str(refused), "see the message; the daemon will not start like this")]
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        return [Finding("fail", "data", f"{folder} has mode {mode:04o}: others can get in", f"chmod 700 {folder}")]
    return [Finding("ok", "data", f"{folder}, mode {mode:04o}")]


def _disk(link: Link) -> list[Finding]:
    folder = _existing(link.places.data)
    free = shutil.disk_usage(folder).free
    text = f"{free // _MIB} MiB free at {folder}"
    if free < _FREE_FAIL:
        return [Finding("fail", "disk", text, f"free at least {_FREE_FAIL // _MIB} MiB: below that nothing is accepted any more")]
    if free < _FREE_WARN:
        return [Finding("warn", "disk", text, "free some space soon")]
    return [Finding("ok", "disk", text)]


def _fsync(link: Link) -> list[Finding]:
    folder = _existing(link.places.data)
    if not os.access(folder, os.W_OK | os.X_OK):
        return [Finding("warn", "fsync", f"not measured: {folder} is not writable", "see above")]
    with tempfile.TemporaryFile(dir=folder) as file:
        os.pwrite(file.fileno(), bytes(4096), 0)
        os.fsync(file.fileno())
        times = []
        for _ in range(20):
            began = time.perf_counter()
            os.pwrite(file.fileno(), bytes(4096), 0)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    median = statistics.median(times)
    text = f"a durable write takes {median:.2f} ms (median of {len(times)}, worst {max(times):.2f} ms)"
    if median > _FSYNC_WARN_MS:
        return [Finding("warn", "fsync", text, "each commit waits that long: use a faster disk for the data folder")]
    return [Finding("ok", "fsync", text)]


def _sqlite(_: Link) -> list[Finding]:
    text = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _SQLITE_OLDEST:
        return [Finding("fail", "sqlite", text, f"at least {'.'.join(map(str, _SQLITE_OLDEST))} is needed: use a newer Python")]
    return [Finding("ok", "sqlite", text)]


def _socket(link: Link) -> list[Finding]:
    path = link.places.socket
    try:
        with link.client() as client:
            info = client.call("system.info")
    except NoDaemon as error:
        if error.denied:
            return [Finding("fail", "socket", str(error), "the socket belongs to somebody else")]
    except Disconnected as error:
        return [Finding("fail", "socket", f"{path}: {error}", "the daemon hangs or is none of ours: look at its log, then restart it")]
    else:
        return [Finding("ok", "socket", f"{path}: daemon {info.get('version')} answers, pid {info.get('pid')}")]
    if not path.parent.exists():
        return [Finding("ok", "socket", f"{path}: no daemon; its folder is made at the first start")]
    try:
        endpoint.check(path)
    except endpoint.EndpointRefused as refused:
        return [Finding("fail", "socket", str(refused), "the daemon will not start like this")]
    return [Finding("ok", "socket", f"{path}: no daemon listens, one could")]


def _tools(_: Link) -> list[Finding]:
    git = shutil.which("git")
    if git is None:
        return [Finding("warn", "git", "git is not on PATH", "install it if your workflows use repositories, or ask for worktrees")]
    return [Finding("ok", "git", git)]


def _limits(_: Link) -> list[Finding]:
    found = []
    for name, what, least in (("open files", resource.RLIMIT_NOFILE, _FILES_WARN), ("processes", resource.RLIMIT_NPROC, _PROCESSES_WARN)):
        soft, hard = resource.getrlimit(what)
        text = f"{name}: {'unlimited' if soft == resource.RLIM_INFINITY else soft}"
        low = soft != resource.RLIM_INFINITY and soft < least
        advice = f"raise it to {least} or more (ulimit; LimitNOFILE, LimitNPROC of the service), the hard limit is {hard}" if low else ""
        found.append(Finding("warn" if low else "ok", "limits", text, advice))
    return found


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _guardian(_: Link) -> list[Finding]:
    from actors.cli.probe import probe

    trouble, took_ms = probe()
    if trouble is not None:
        return [Finding("fail", "guardian", trouble, "commands cannot be run: look at limits and at the security policy of this machine")]
    return [Finding("ok", "guardian", f"started a command and saw it end in {took_ms:.0f} ms")]


def _sandbox(_: Link) -> list[Finding]:
    from actors.cli.checks_sandbox import look_at_sandbox

    return [Finding(level, "sandbox", text, advice) for level, text, advice in look_at_sandbox()]


def _hook(link: Link) -> list[Finding]:
    return [Finding(level, "notify", text, advice) for level, text, advice in look_at_hook(link)]


def _resolvers(link: Link) -> list[Finding]:
    return [Finding(level, "resolvers", text, advice) for level, text, advice in look_at_resolvers(link)]


def _backends(link: Link) -> list[Finding]:
    from actors.cli.checks_backends import look_at_backends

    return [Finding(level, "backends", text, advice) for level, text, advice in look_at_backends(link)]


def _services(link: Link) -> list[Finding]:
    from actors.cli.checks_backends import look_at_services

    return [Finding(level, "services", text, advice) for level, text, advice in look_at_services(link)]


def _servers(link: Link) -> list[Finding]:
    from actors.cli.checks_mcp import look_at_servers

    return [Finding(level, "mcp", text, advice) for level, text, advice in look_at_servers(link)]


CHECKS: dict[str, Callable[[Link], list[Finding]]] = {
    "system": _python,
    "settings": _settings,
    "data": _data,
    "disk": _disk,
    "fsync": _fsync,
    "sqlite": _sqlite,
    "socket": _socket,
    "guardian": _guardian,
    "sandbox": _sandbox,
    "git": _tools,
    "limits": _limits,
    "notify": _hook,
    "resolvers": _resolvers,
    "backends": _backends,
    "mcp": _servers,
}
NETWORK: dict[str, Callable[[Link], list[Finding]]] = {"services": _services}
"""What goes to the network, for those who ask for it."""
