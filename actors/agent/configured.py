"""The backends of the configuration, as agents use them: each call is made again where that may help."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from attrs import frozen

from actors.agent.backends import Desk, Traits
from actors.agent.provider.again import Patience
from actors.agent.provider.messages import Provider
from actors.config.backends import Backend
from actors.config.cli_agents import CliAgent

__all__ = ["Configured"]


@frozen
class Configured:
    """`environ` is the daemon's; keys are looked for there and in files, and read only when a call is made."""

    backends: tuple[Backend, ...]
    environ: Mapping[str, str]

    def available(self) -> Mapping[str, str]:
        """Each backend, and why it cannot be used: whether its key is there, not whether it is right."""
        return {backend.name: self._problem(backend) for backend in self.backends}

    def traits(self) -> Mapping[str, Traits]:
        """Services let their callers use the tools; agents with a command line have their own, and do one task in one attempt."""
        return {one.name: Traits() if one.cli is None else _of_agent(one.cli) for one in self.backends}

    def provider(self, name: str, model: str, desk: Desk) -> Provider:
        """Raises ProviderFailure where there is no such backend."""
        found = next((one for one in self.backends if one.name == name), None)
        if found is not None and found.cli is not None:
            from actors.agent.cli.provider import CliProvider  # noqa: PLC0415 - only daemons with such programs pay

            return CliProvider(name, found.cli, desk, {key: self.environ[key] for key in found.cli.env if key in self.environ})
        from actors.agent.provider.endpoint import Endpoints  # noqa: PLC0415 - clients of services: only daemons with agents pay

        return Endpoints(self.backends, self.environ).provider(name)

    def _problem(self, backend: Backend) -> str:
        if backend.cli is not None and shutil.which(backend.cli.command[0], path=self.environ.get("PATH")) is None:
            return f"there is no program {backend.cli.command[0]!r} on the daemon's PATH"
        if backend.key_env is not None and not self.environ.get(backend.key_env, "").strip():
            return f"the variable {backend.key_env}, which should hold its key, is not set for the daemon"
        if backend.key_file is not None and not os.access(backend.key_file, os.R_OK):
            return f"the file {backend.key_file}, which should hold its key, cannot be read"
        return ""


def _of_agent(agent: CliAgent) -> Traits:
    return Traits(own_tools=True, tells_cost=agent.dialect == "claude", patience=Patience(calls=1), bounds_turns=bool(agent.turns))
