"""The backends of the configuration, as agents use them: each call is made again where that may help."""

from __future__ import annotations

import os
from collections.abc import Mapping

from attrs import frozen

from actors.agent.provider.messages import Provider
from actors.config.backends import Backend

__all__ = ["Configured"]


@frozen
class Configured:
    """`environ` is the daemon's; keys are looked for there and in files, and read only when a call is made."""

    backends: tuple[Backend, ...]
    environ: Mapping[str, str]

    def available(self) -> Mapping[str, str]:
        """Each backend, and why it cannot be used: whether its key is there, not whether it is right."""
        return {backend.name: self._problem(backend) for backend in self.backends}

    def provider(self, name: str, model: str) -> Provider:
        """Raises ProviderFailure where there is no such backend."""
        from actors.agent.provider.endpoint import Endpoints  # noqa: PLC0415 - clients of services: only daemons with agents pay
        from actors.agent.provider.retrying import Candidate, Retrying  # noqa: PLC0415 - same

        return Retrying((Candidate(Endpoints(self.backends, self.environ).provider(name), model),))

    def _problem(self, backend: Backend) -> str:
        if backend.key_env is not None and not self.environ.get(backend.key_env, "").strip():
            return f"the variable {backend.key_env}, which should hold its key, is not set for the daemon"
        if backend.key_file is not None and not os.access(backend.key_file, os.R_OK):
            return f"the file {backend.key_file}, which should hold its key, cannot be read"
        return ""
