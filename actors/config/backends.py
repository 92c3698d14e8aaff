"""`[backends.NAME]`: what models run at: services, where they are and where their keys lie, and agents that are programs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import Factory, evolve, field, frozen

from actors.config.cli_agents import CLI_KINDS, CliAgent, names_of_variables, one_of, with_session, words
from actors.workflow.durations import DurationError, parse_duration

__all__ = ["DEFAULTS", "KEYS", "KINDS", "LOOPBACK", "Backend", "Flaw", "read_backends", "read_headers", "read_time"]

KINDS: Final = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
"""The ways of speaking, each with the address of the service that has made it up."""
ENVIRONMENT: Final = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
MOST: Final = 64
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_RESERVED: Final = {
    "authorization", "x-api-key", "content-type", "content-length", "host", "accept", "accept-encoding", "idempotency-key", "connection",
    "transfer-encoding",
}  # fmt: skip
LOOPBACK: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


@frozen
class Backend:
    """One service, or with `cli` an agent with a command line, of which the rest says nothing.

    The key is the text of the variable `key_env`, or of the file `key_file`; with neither, none is sent. No key is read here.
    Times are milliseconds, None where the usual one holds. `headers` are sent with every call and may be secret.
    """

    name: str
    kind: str
    base_url: str
    key_env: str | None = None
    key_file: str | None = None
    headers: Mapping[str, str] = field(default=Factory(dict), repr=False)
    connect_ms: int | None = None
    first_byte_ms: int | None = None
    idle_ms: int | None = None
    total_ms: int | None = None
    cli: CliAgent | None = None


@frozen
class Flaw:
    """Something wrong: `key` below `backends`, what was `found` ("" for a secret place), what is `allowed`."""

    key: str
    message: str
    found: Any
    allowed: str


DEFAULTS: Final = tuple(Backend(kind, kind, url, key_env=ENVIRONMENT[kind]) for kind, url in KINDS.items())
"""There without being named, and of use as soon as their variable holds a key."""


def read_backends(raw: Mapping[str, Any]) -> tuple[tuple[Backend, ...], tuple[Flaw, ...]]:
    """The backends of the file together with DEFAULTS, by name, and everything that is wrong."""
    flaws: list[Flaw] = []
    found = {backend.name: backend for backend in DEFAULTS}
    if len(raw) > MOST:
        return tuple(found.values()), (Flaw("", "there are too many backends", len(raw), f"at most {MOST}"),)
    for name, table in raw.items():
        if not NAME.fullmatch(name):
            flaws.append(Flaw(name[:80], "not a name of a backend", name[:80], "a small letter, then at most 63 of a-z 0-9 _ -"))
        elif not isinstance(table, dict):
            flaws.append(Flaw(name, "a backend is a table", table, f"[backends.{name}] with " + ", ".join(KEYS)))
        else:
            found[name] = _read(name, table, flaws)
    return tuple(sorted(found.values(), key=lambda one: one.name)), tuple(flaws)


def _read(name: str, table: Mapping[str, Any], flaws: list[Flaw]) -> Backend:
    kind = table.get("kind")
    if isinstance(kind, str) and kind in CLI_KINDS:
        flaws += _misplaced(name, kind, table)
        return _agent(name, kind, _values(name, table, {**COMMON_KEYS, **CLI_KEYS}, flaws))
    values = _values(name, table, {**COMMON_KEYS, **HTTP_KEYS}, flaws)
    return _service(name, table, values, flaws)


def _values(name: str, table: Mapping[str, Any], known: Mapping[str, _Key], flaws: list[Flaw]) -> dict[str, Any]:
    """What the table says, by attribute."""
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in known:
            what = "has no meaning for this kind of backend" if key in KEYS else "no such setting"
            flaws.append(Flaw(f"{name}.{key[:80]}", what, "", ", ".join(known)))
            continue
        attribute, allowed, read = known[key]
        value = read(raw)
        if value is None:
            secret = key in ("headers", "key_env", "env") or "@" in str(raw)  # where people put a key or a password by mistake
            flaws.append(Flaw(f"{name}.{key}", "not an allowed value", "" if secret else raw, allowed))
        else:
            values[attribute] = value
    return values


def _misplaced(name: str, kind: str, table: Mapping[str, Any]) -> list[Flaw]:
    """Keys of an agent with a command line that are missing, or say what is known or of no use."""
    if kind != "command":
        known = [key for key in ("resume", "prompt", "output") if key in table]
        return [Flaw(f"{name}.{key}", f"is known of {kind}, and set for the kind command alone", "", "nothing") for key in known]
    found = [] if "command" in table else [Flaw(f"{name}.command", "is missing", "", CLI_KEYS["command"][1])]
    if "resume" in table and table.get("output") != "stream-json":
        found.append(Flaw(f"{name}.resume", "is of no use to one that does not say its session", "", 'nothing, or output = "stream-json"'))
    return found


def _agent(name: str, kind: str, values: dict[str, Any]) -> Backend:
    given = {key: value for key, value in values.items() if key not in ("kind", "output")}
    if values.get("output") == "stream-json":
        given["dialect"] = "claude"
    return Backend(name, kind, "", cli=evolve(CLI_KINDS[kind], **given))


def _service(name: str, table: Mapping[str, Any], values: dict[str, Any], flaws: list[Flaw]) -> Backend:
    kind = values.get("kind") or (name if name in KINDS else "openai")
    if "base_url" not in table and name not in KINDS:
        flaws.append(Flaw(f"{name}.base_url", "is missing", "", KEYS["base_url"][1]))
    backend = Backend(**{"name": name, "kind": kind, "base_url": KINDS[kind], **values})
    if name in KINDS and backend.key_env is None and backend.key_file is None and "base_url" not in values:
        backend = Backend(**{"name": name, "kind": kind, "base_url": KINDS[kind], "key_env": ENVIRONMENT[kind], **values})
    return _checked(backend, flaws)


def _checked(backend: Backend, flaws: list[Flaw]) -> Backend:
    if backend.key_env is not None and backend.key_file is not None:
        flaws.append(Flaw(f"{backend.name}.key_file", "stands beside key_env", "", "one of the two"))
    url = urlsplit(backend.base_url)
    keyed = backend.key_env is not None or backend.key_file is not None
    if keyed and url.scheme == "http" and not LOOPBACK.fullmatch(url.hostname or ""):
        flaws.append(Flaw(f"{backend.name}.base_url", "would send the key unencrypted", backend.base_url, "https, or http to this machine"))
    return backend


def _url(raw: object) -> str | None:
    if not isinstance(raw, str) or len(raw) > 2_000 or not raw.isascii() or not raw.isprintable() or " " in raw:
        return None
    try:
        url = urlsplit(raw)
        fine = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        return None
    return raw.rstrip("/") if fine and "@" not in url.netloc and not url.query and not url.fragment else None


def read_headers(raw: object) -> dict[str, str] | None:
    """Names in small letters to texts; None where one of them may not be sent."""
    if not isinstance(raw, dict) or len(raw) > 32:
        return None
    fine = all(
        _HEADER.fullmatch(name) and name.lower() not in _RESERVED and isinstance(value, str) and value.isascii() and value.isprintable()
        for name, value in raw.items()
    )
    return {name.lower(): value for name, value in raw.items()} if fine else None


def read_time(raw: object) -> int | None:
    """Milliseconds, from one to a day of them; None for what is no such time."""
    try:
        found = parse_duration(raw)
    except DurationError:
        return None
    return found if 1 <= found <= 86_400_000 else None


def _matching(pattern: str) -> Callable[[object], str | None]:
    return lambda raw: raw if isinstance(raw, str) and re.fullmatch(pattern, raw) else None


_Key = tuple[str, str, Callable[[object], Any]]
_A_TIME = "a duration of at most a day"
_SOME_WORDS = "a list of at most 64 words"
COMMON_KEYS: Final[dict[str, _Key]] = {
    "kind": ("kind", "one of " + ", ".join((*KINDS, *CLI_KINDS)), one_of(*KINDS, *CLI_KINDS)),
}
HTTP_KEYS: Final[dict[str, _Key]] = {
    "base_url": ("base_url", "an http or https address without user, query and fragment", _url),
    "key_env": ("key_env", "the name of a variable of the daemon, in capitals", _matching(r"[A-Z_][A-Z0-9_]{0,127}")),
    "key_file": ("key_file", "the absolute path of a file", _matching(r"/[^\x00-\x1f]{1,4000}")),
    "headers": (
        "headers",
        "a table of at most 32 names and printable ASCII texts; none that the service's protocol needs itself",
        read_headers,
    ),
    "connect": ("connect_ms", _A_TIME, read_time),
    "first_byte": ("first_byte_ms", _A_TIME, read_time),
    "idle": ("idle_ms", _A_TIME, read_time),
    "total": ("total_ms", _A_TIME, read_time),
}
CLI_KEYS: Final[dict[str, _Key]] = {
    "command": ("command", f"{_SOME_WORDS}, the first one names the program", lambda raw: words(raw, least=1)),
    "args": ("args", _SOME_WORDS, lambda raw: words(raw, least=0)),
    "resume": ("resume", f"{_SOME_WORDS}, with {{session}} among them", lambda raw: with_session(words(raw, least=1))),
    "turns": ("turns", f"{_SOME_WORDS}, with {{max_turns}} among them", lambda raw: with_session(words(raw, least=1), "{max_turns}")),
    "plugins": ("plugins", f"{_SOME_WORDS}, with {{plugin_dir}} among them", lambda raw: with_session(words(raw, least=1), "{plugin_dir}")),
    "prompt": ("prompt", "one of stdin, argument", one_of("stdin", "argument")),
    "output": ("output", "one of plain, stream-json", one_of("plain", "stream-json")),
    "env": ("env", "a list of at most 64 names of variables of the daemon; none of Penstock's own", names_of_variables),
    "after_result": ("after_result_ms", _A_TIME, read_time),
}
KEYS: Final[dict[str, _Key]] = {**COMMON_KEYS, **HTTP_KEYS, **CLI_KEYS}
"""Key of the file to attribute, what is allowed, and how it is read (None: refused). Each kind takes those that mean something to it."""
