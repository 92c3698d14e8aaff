"""Settings from file and environment, all errors at once. Reads one file and nothing else; the environment is handed in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, evolve, frozen

from actors.config.backends import Backend, Flaw, read_backends
from actors.config.mcp import McpServer, read_servers
from actors.config.rules import Rule, Wrong
from actors.config.secrets import SecretSource, read_secrets
from actors.config.settings import NAMED, Config, table

if TYPE_CHECKING:
    from actors.config.identities import Identity
    from actors.config.item_providers import ItemProvider

__all__ = ["ConfigInvalid", "Problem", "load"]

PREFIX = "PENSTOCK_"


@frozen
class Problem:
    """One thing that is wrong: `key` as in the file, the value `found`, what is `allowed`, and `origin` (a file or a variable)."""

    key: str
    message: str
    found: Any
    allowed: str
    origin: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}, found {self.found!r} in {self.origin}; allowed: {self.allowed}"


class ConfigInvalid(Exception):
    """The settings cannot be used. Carries every problem, not only the first."""

    code = "config_invalid"
    exit_code = 78

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@define
class _Reading:
    """What has been read so far."""

    values: dict[str, dict[str, Any]] = Factory(dict)
    origins: dict[str, str] = Factory(dict)
    problems: list[Problem] = Factory(list)
    backends: tuple[Backend, ...] | None = None
    servers: tuple[McpServer, ...] = ()
    secrets: tuple[SecretSource, ...] = ()
    item_providers: tuple[ItemProvider, ...] = ()
    identities: tuple[Identity, ...] = ()

    def take_tables(self, section: str, raw: Mapping[str, Any], origin: str) -> None:
        """A section whose tables have names of their own."""
        flaws: tuple[Flaw, ...]
        if section == "backends":
            self.backends, flaws = read_backends(raw)
        elif section == "secrets":
            self.secrets, flaws = read_secrets(raw)
        elif section == "item_providers":
            from actors.config.item_providers import read_providers  # noqa: PLC0415 - only who has some pays for reading them

            self.item_providers, flaws = read_providers(raw)
        elif section == "identities":
            from actors.config.identities import read_identities  # noqa: PLC0415 - as above

            self.identities, flaws = read_identities(raw)
        else:
            self.servers, flaws = read_servers(raw)
        self.problems += [Problem(f"{section}.{one.key}".rstrip("."), one.message, one.found, one.allowed, origin) for one in flaws]

    def take(self, section: str, key: str, raw: object, origin: str) -> None:
        name = f"{section}.{key}"
        known = table().get(section, {})
        if key not in known:
            self.problems.append(Problem(name, "no such setting", raw, _near(section), origin))
            return
        attribute, rule = known[key]
        try:
            self.values.setdefault(section, {})[attribute.name] = rule.read(raw)
        except Wrong:
            self.problems.append(_refused(name, rule, raw, origin))
        else:
            self.origins[name] = origin


def _refused(name: str, rule: Rule, raw: object, origin: str) -> Problem:
    return Problem(name, "not an allowed value", raw, rule.allowed, origin)


def _near(section: str) -> str:
    known = table()
    return ", ".join(f"{section}.{key}" for key in known[section]) if section in known else "sections " + ", ".join([*known, *NAMED])


def load(environ: Mapping[str, str], file: Path | None) -> Config:
    """Settings from `file` (absent is fine) and then from `PENSTOCK_SECTION_KEY`, which wins. Raises ConfigInvalid with all problems."""
    reading = _Reading()
    if file is not None:
        _read_file(reading, file)
    _read_environment(reading, environ)
    sections: dict[str, Any] = {name: type(getattr(Config(), name))(**values) for name, values in reading.values.items()}
    config = Config(
        **sections, mcp=reading.servers, secrets=reading.secrets, item_providers=reading.item_providers,
        identities=reading.identities, origins=reading.origins,
    )  # fmt: skip
    if reading.backends is not None:
        config = evolve(config, backends=reading.backends)
    if reading.identities:
        _check_identities(reading, str(file))
    if not reading.problems:
        _check_together(reading, config)
    if reading.problems:
        raise ConfigInvalid(tuple(reading.problems))
    return config


def _read_file(reading: _Reading, file: Path) -> None:
    try:
        document = tomllib.loads(file.read_bytes().decode())
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reading.problems.append(Problem(file.name, "the file cannot be read", str(error), "a readable TOML file in UTF-8", str(file)))
        return
    for section, keys in document.items():
        if not isinstance(keys, dict):
            reading.problems.append(Problem(section, "not a section", keys, _near(""), str(file)))
            continue
        if section in NAMED:
            reading.take_tables(section, keys, str(file))
            continue
        for key, raw in keys.items():
            reading.take(section, key, raw, str(file))


def _read_environment(reading: _Reading, environ: Mapping[str, str]) -> None:
    sections = {f"{PREFIX}{section.upper()}_": section for section in table()}
    for name in sorted(environ):
        prefix = next((one for one in sections if name.startswith(one)), None)
        if prefix is not None:
            reading.take(sections[prefix], name.removeprefix(prefix).lower(), environ[name], name)


def _check_identities(reading: _Reading, file: str) -> None:
    """Whether the secrets are there that they give to scripts."""
    from actors.workflow.handles import handle_of  # noqa: PLC0415 - only who has some pays

    known = {source.name for source in reading.secrets}
    for one in reading.identities:
        for name, text in one.env.items():
            if (handle := handle_of(text)) is not None and handle not in known:
                allowed = ", ".join(f"secrets.{secret}" for secret in sorted(known)) or f"a secret; add [secrets.{handle}]"
                where = f"identities.{one.name}.env.{name}"
                reading.problems.append(Problem(where, "there is no such secret", f"secrets.{handle}", allowed, file))


def _check_together(reading: _Reading, config: Config) -> None:
    """Bounds that hang on another setting."""
    claims = config.claims
    if claims.renew_every_ms * 2 > claims.lease_ms:
        shown = {entry.key: entry for entry in config.entries()}
        renew, lease = shown["claims.renew_every"], shown["claims.lease"]
        allowed = f"at most half of claims.lease, which is {lease.value} ({lease.origin})"
        reading.problems.append(Problem(renew.key, "a claim would lapse before it is renewed", renew.value, allowed, renew.origin))
    gates, notify = config.gates, config.notify
    if gates.resolver_max_interval_ms < gates.resolver_min_interval_ms:
        shown = {entry.key: entry for entry in config.entries()}
        longest, least = shown["gates.resolver_max_interval"], shown["gates.resolver_min_interval"]
        allowed = f"at least gates.resolver_min_interval, which is {least.value} ({least.origin})"
        reading.problems.append(Problem(longest.key, "the interval would shrink", longest.value, allowed, longest.origin))
    projection = config.projection
    if projection.retry_max_ms < projection.retry_initial_ms:
        shown = {entry.key: entry for entry in config.entries()}
        longest, least = shown["projection.retry_max"], shown["projection.retry_initial"]
        allowed = f"at least projection.retry_initial, which is {least.value} ({least.origin})"
        reading.problems.append(Problem(longest.key, "the time would shrink", longest.value, allowed, longest.origin))
    if notify.url is not None and notify.key_file is None:
        origin, allowed = config.origins["notify.url"], "the file with the key that signs what is posted to notify.url"
        reading.problems.append(Problem("notify.key_file", "nobody could tell who has posted that", None, allowed, origin))
