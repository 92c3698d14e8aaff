"""What the doctor says of the backends: programs and their versions, keys, and where it is asked to, whether the services answer."""

from __future__ import annotations

import os
import shutil
import ssl
import stat
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import trio

from actors.cli.link import Link
from actors.cli.probe import ask

if TYPE_CHECKING:
    from actors.config.backends import Backend

__all__ = ["look_at_backends", "look_at_services"]

Row = tuple[Literal["ok", "warn", "fail"], str, str]
"""Level, text, advice."""
PATIENCE = 5.0
"""Seconds until a service has to have answered."""
PORTS = {"http": 80, "https": 443}


def _backends(link: Link) -> tuple[Backend, ...]:
    from actors.config import ConfigInvalid, load

    try:
        return load(os.environ, link.places.config_file).backends
    except ConfigInvalid:
        return ()  # said by another check


def look_at_backends(link: Link) -> list[Row]:
    """Each backend, without a word to anybody outside."""
    return [_agent(one) if one.cli is not None else _service(one) for one in _backends(link)]


def _agent(backend: Backend) -> Row:
    assert backend.cli is not None
    command = backend.cli.command
    found = shutil.which(command[0])
    if found is None:
        advice = f"install it, or name it with its whole path: [backends.{backend.name}] command"
        return "fail", f"{backend.name}: there is no program {command[0]!r} on PATH", advice
    unset = [name for name in backend.cli.env if not os.environ.get(name)]
    lacks = f"; not set here: {', '.join(unset)}" if unset else ""
    advice = "set them for the daemon, unless the program has another way to its key" if unset else ""
    if backend.kind == "command":
        return "warn" if unset else "ok", f"{backend.name}: {found}{lacks}", advice
    said = ask([*command, "--version"], "it did not say its version")
    if said.trouble is not None:
        return "fail", f"{backend.name}: {found} does not say its version: {said.trouble}", f"try it: {' '.join(command)} --version"
    version = (said.text.strip().splitlines() or ["it says nothing"])[0][:80]
    return "warn" if unset else "ok", f"{backend.name}: {found}, {version}{lacks}", advice


def _service(backend: Backend) -> Row:
    problem = _key_problem(backend)
    if not problem:
        where = backend.key_env or backend.key_file
        return "ok", f"{backend.name}: {backend.base_url}, {f'with the key in {where}' if where else 'without a key'}", ""
    if _by_default(backend):
        return "ok", f"{backend.name}: not in use, {problem}", ""
    return "warn", f"{backend.name}: {problem}", "see that the daemon has it: no run is bound to the backend until then"


def _key_problem(backend: Backend) -> str:
    if backend.key_env is not None and not os.environ.get(backend.key_env, "").strip():
        return f"{backend.key_env} is not set here"
    if backend.key_file is None:
        return ""
    try:
        about = os.stat(backend.key_file)  # noqa: PTH116  # its words are wanted
    except OSError as error:
        return f"the key's file {backend.key_file} cannot be read: {error.strerror}"
    if not stat.S_ISREG(about.st_mode) or not os.access(backend.key_file, os.R_OK):
        return f"the key's file {backend.key_file} is no file that uid {os.getuid()} can read"
    return f"others may write the key's file {backend.key_file}; chmod 600 ends that" if about.st_mode & 0o022 else ""


def _by_default(backend: Backend) -> bool:
    from actors.config.backends import DEFAULTS

    return backend in DEFAULTS


def look_at_services(link: Link) -> list[Row]:
    """Whether the addresses of those that are in use take connections. Nothing is asked of them, so nothing is paid."""
    services = [one for one in _backends(link) if one.cli is None and not (_by_default(one) and _key_problem(one))]
    return trio.run(_all, services) if services else [("ok", "no service is in use", "")]


async def _all(services: list[Backend]) -> list[Row]:
    found: dict[str, Row] = {}

    async def look(backend: Backend) -> None:
        found[backend.name] = await _reached(backend)

    async with trio.open_nursery() as nursery:
        for one in services:
            nursery.start_soon(look, one)
    return [found[one.name] for one in services]


async def _reached(backend: Backend) -> Row:
    url = urlsplit(backend.base_url)
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    began, trouble = trio.current_time(), f"nothing answered within {PATIENCE:g} s"
    with trio.move_on_after(PATIENCE):
        try:
            await _connect(host, port, tls=url.scheme == "https")
        except (OSError, trio.BrokenResourceError) as error:
            trouble = f"{error.__cause__ or error}"
        else:
            took = (trio.current_time() - began) * 1000
            return "ok", f"{backend.name}: {host}:{port} answers, in {took:.0f} ms", ""
    advice = f"see that [backends.{backend.name}] base_url is right and that this machine may go there; proxies are not used"
    return "fail", f"{backend.name}: {host}:{port} cannot be reached: {trouble}", advice


async def _connect(host: str, port: int, *, tls: bool) -> None:
    stream = await trio.open_tcp_stream(host, port)
    async with stream:
        if tls:
            secure = trio.SSLStream(stream, ssl.create_default_context(), server_hostname=host, https_compatible=True)
            await secure.do_handshake()
