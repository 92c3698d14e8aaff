"""The ways in which a call of a model fails, each with its class for retries (runs spec 7.3). Pure."""

from __future__ import annotations

from typing import Final, Literal

from actors.agent.provider.tokens import TokenUsage

__all__ = ["CLASSES", "FailureClass", "ProviderFailure"]

FailureClass = Literal["provider_transient", "provider_terminal"]

CLASSES: Final[dict[str, FailureClass]] = {
    "provider_connect_failed": "provider_transient",
    "provider_first_byte_timeout": "provider_transient",
    "provider_idle_timeout": "provider_transient",
    "provider_total_timeout": "provider_transient",
    "provider_rate_limited": "provider_transient",
    "provider_overloaded": "provider_transient",
    "provider_server_error": "provider_transient",
    "provider_malformed": "provider_transient",
    "provider_truncated": "provider_transient",
    "provider_agent_failed": "provider_transient",
    "provider_agent_unkillable": "provider_terminal",
    "provider_too_large": "provider_terminal",
    "provider_unauthorized": "provider_terminal",
    "provider_quota_exhausted": "provider_terminal",
    "provider_rejected": "provider_terminal",
    "provider_redirected": "provider_terminal",
    "provider_misconfigured": "provider_terminal",
    "provider_unknown": "provider_terminal",
}
"""Code to class. Transient: the same call may succeed later. Terminal: it will not, unless somebody changes something."""


class ProviderFailure(Exception):
    """A call of a model came to nothing.

    `code` is one of CLASSES; `message` says in our words what happened, where, and what to do, and holds no key. `status` is the HTTP
    status, `request_id` the service's name for the call, `retry_after_ms` what the service asked to wait: each None where there was none.
    `partial` is the text heard before the failure, `usage` what the service had counted by then.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_ms: int | None = None,
        partial: str = "",
        usage: TokenUsage | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.failure_class: FailureClass = CLASSES[code]
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.retry_after_ms = retry_after_ms
        self.partial = partial
        self.usage = usage or TokenUsage()

    def at(self, backend: str, partial: str, usage: TokenUsage) -> ProviderFailure:
        """The same failure, with the backend's name in front of its message, what was heard and what it has cost."""
        return ProviderFailure(
            self.code,
            f"backend {backend!r}: {self.message}",
            status=self.status,
            request_id=self.request_id,
            retry_after_ms=self.retry_after_ms,
            partial=partial,
            usage=usage,
        )
