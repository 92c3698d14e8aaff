"""All that is secret to one daemon: what its settings name, by handle, and the keys that it uses itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import define, field

from actors.config.secrets import SecretSource
from actors.node.environment import inherited
from actors.outside.secrets import read_secret
from actors.outside.trouble import Trouble
from actors.secrets.forms import SHORTEST
from actors.secrets.redactor import Redactor
from actors.secrets.sources import read_here, read_source

if TYPE_CHECKING:
    from actors.config import Config
    from actors.node.guardian.guardian import Guardian

__all__ = ["Vault"]

_PLAIN = frozenset(("PATH", "HOME", "LANG", "TZ", "TMPDIR"))
"""Variables that every process gets, and that are no secrets though a backend names them."""


@define(eq=False)
class Vault:
    """`redactor` knows every value that was read, here or by `resolve`. Values are kept nowhere else."""

    _config: Config
    _environ: Mapping[str, str] = field(repr=False)
    redactor: Redactor = field(factory=Redactor, repr=False)

    def __attrs_post_init__(self) -> None:
        """What can be read without a program is known before anything is written."""
        for source in self._config.secrets:
            if source.command is None:
                with suppress(Trouble):
                    self.redactor.know(source.name, read_here(source, self._environ))
        for name, where in _own(self._config):
            with suppress(Trouble):
                self.redactor.know(name, read_secret(where))
        for backend in self._config.backends:
            for header, value in backend.headers.items():
                self.redactor.know(f"backends.{backend.name}.{header}", value)

    @property
    def names(self) -> frozenset[str]:
        """The handles that there are."""
        return frozenset(source.name for source in self._config.secrets)

    @property
    def variables(self) -> frozenset[str]:
        """The daemon's variables that hold secrets: no step inherits one."""
        own = [where.removeprefix("env:") for _, where in _own(self._config) if where.startswith("env:")]
        return frozenset([*own, *(source.env for source in self._config.secrets if source.env)])

    def harmless(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the daemon's variables that may be handed down."""
        secret = self.variables
        return tuple(name for name in names if name not in secret)

    async def resolve(self, name: str, guardian: Guardian) -> str:
        """The secret of that handle, as it is now. Raises Trouble: `secret_unknown`, `secret_unreadable`."""
        source = next((one for one in self._config.secrets if one.name == name), None)
        if source is None:
            raise Trouble("secret_unknown", f"there is no secret {name}; the settings have: {', '.join(sorted(self.names)) or 'none'}")
        environ = inherited(self._environ, self.harmless(self._config.flow.script_inherit_env))
        value = await read_source(source, self._environ, guardian, environ)
        self.redactor.know(name, value)
        return value

    async def prime(self, guardian: Guardian) -> None:
        """Know what programs print, as far as they do."""
        for source in self._config.secrets:
            if source.command is not None:
                with suppress(Trouble):
                    await self.resolve(source.name, guardian)

    async def rows(self, guardian: Guardian) -> list[dict[str, Any]]:
        """Each secret with its source and what keeps it from being read (or found in texts); never a value."""
        return [await self._row(source, guardian) for source in self._config.secrets]

    async def _row(self, source: SecretSource, guardian: Guardian) -> dict[str, Any]:
        row: dict[str, Any] = {"secret": source.name, "source": source.shown, "resolves": True}
        try:
            value = await self.resolve(source.name, guardian)
        except Trouble as trouble:
            return row | {"resolves": False, "problem": trouble.message}
        short = f"it has fewer than {SHORTEST} characters, so it is not taken out of texts"
        return row | ({"problem": short} if len(value) < SHORTEST else {})


def _own(config: Config) -> Iterator[tuple[str, str]]:
    """The keys that the daemon uses itself: what they are called, and where they lie."""
    for backend in config.backends:
        if backend.key_env is not None:
            yield f"backends.{backend.name}", f"env:{backend.key_env}"
        elif backend.key_file is not None:
            yield f"backends.{backend.name}", f"file:{backend.key_file}"
        for name in backend.cli.env if backend.cli is not None else ():
            if name not in _PLAIN:
                yield f"backends.{backend.name}.{name}", f"env:{name}"
    for name, where in config.gates.tokens:
        yield f"gates.tokens.{name}", where
    if config.notify.key_file is not None:
        yield "notify.key_file", f"file:{config.notify.key_file}"
