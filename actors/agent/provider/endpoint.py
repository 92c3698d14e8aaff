"""The backends of the configuration as providers, and the way to their keys."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import trio
from attrs import field, frozen

from actors.agent.provider.anthropic_messages import AnthropicMessages
from actors.agent.provider.dialect import Dialect
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Limits, Provider
from actors.agent.provider.openai_chat import OpenAIChat
from actors.agent.provider.service import HttpProvider
from actors.config.backends import Backend

__all__ = ["Endpoints"]

_LONGEST_KEY = 16 * 1024
_OWN_HOST = "api.openai.com"


@frozen
class Endpoints:
    """All backends. `environ` is the daemon's environment; keys are read from it and from files at each call, and kept nowhere."""

    backends: tuple[Backend, ...]
    environ: Mapping[str, str] = field(repr=False)

    def names(self) -> tuple[str, ...]:
        """Of all that are configured, whether they can be used or not."""
        return tuple(one.name for one in self.backends)

    async def unavailable(self, name: str) -> str | None:
        """Why this backend cannot be used, in a sentence; None when it can. Nothing is sent anywhere."""
        backend = next((one for one in self.backends if one.name == name), None)
        if backend is None:
            return f"there is no backend {name!r}; these are configured: {', '.join(self.names())}"
        try:
            await self._key(backend)
        except ProviderFailure as failure:
            return failure.message
        return None

    def provider(self, name: str) -> Provider:
        """Raises ProviderFailure `provider_unknown` where there is no such backend."""
        backend = next((one for one in self.backends if one.name == name), None)
        if backend is None:
            message = (
                f"there is no backend {name!r}; these are configured: {', '.join(self.names())}. Add [backends.{name}] to the settings"
            )
            raise ProviderFailure("provider_unknown", message)

        async def key() -> str:
            return await self._key(backend)

        return HttpProvider(backend.name, backend.base_url, _dialect(backend), key, backend.headers, _limits(backend))

    async def _key(self, backend: Backend) -> str:
        if backend.key_env is not None:
            where, text = f"the variable {backend.key_env}", self.environ.get(backend.key_env, "")
        elif backend.key_file is not None:
            where = f"the file {backend.key_file}"
            text = await trio.to_thread.run_sync(_read, Path(backend.key_file), where)
        else:
            return ""
        found = text.strip()
        if not found or not found.isascii() or not found.isprintable() or " " in found:
            what = "holds no key" if not found else "holds something that is no key: one line of ASCII without blanks is"
            raise ProviderFailure("provider_misconfigured", f"{where} {what}; set it, and start the daemon again if it is a variable")
        return found


def _read(file: Path, where: str) -> str:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            about = os.fstat(stream.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o022:
                what = "has to be a plain file that nobody but its owner may write; chmod 600 makes it one that no other may read either"
                raise ProviderFailure("provider_misconfigured", f"{where} {what}")
            return stream.read(_LONGEST_KEY).decode("ascii", "replace")
    except OSError as error:
        raise ProviderFailure("provider_misconfigured", f"{where} cannot be read: {error.strerror}") from None


def _dialect(backend: Backend) -> Dialect:
    if backend.kind == "anthropic":
        return AnthropicMessages()
    own = urlsplit(backend.base_url).hostname == _OWN_HOST
    return OpenAIChat("max_completion_tokens" if own else "max_tokens")


def _limits(backend: Backend) -> Limits:
    usual = Limits()
    return Limits(
        connect_ms=backend.connect_ms or usual.connect_ms,
        first_byte_ms=backend.first_byte_ms or usual.first_byte_ms,
        idle_ms=backend.idle_ms or usual.idle_ms,
        total_ms=backend.total_ms or usual.total_ms,
    )
