"""What a node may wait for: the part of the workflow model that `spec` hands on. Pure data. Times are whole milliseconds."""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

__all__ = ["LONGEST_WAIT_MS", "Condition", "Timer", "Wait", "WaitTimeout", "Webhook", "WebhookField"]

LONGEST_WAIT_MS: Final = 10 * 365 * 86_400_000
"""Ten years, the most that a wait's durations may be."""
WaitTimeout = Literal["fail", "cancel", "escalate", "remind", "resume"]
WebhookField = Literal["provider_event_id", "idempotency_key", "body_digest"]


@frozen
class Timer:
    """Over `delay_ms` after it opens (or after what `delay_text` is filled in as then), or at `wake_at`: a template that gives epoch
    milliseconds or an ISO 8601 time.
    """

    delay_ms: int | None = None
    wake_at: str | None = None
    delay_text: str | None = None


@frozen
class Condition:
    """Over when somebody says so: a signal of the name `key` (a template), or a resolution over the socket. `schema` judges the payload."""

    key: str
    schema: str | None = None


@frozen
class Webhook:
    """Over when a delivery of that trigger comes whose `field` is `value` (a template); without a field any delivery of it will do."""

    trigger_id: str
    field: WebhookField | None = None
    value: str | None = None
    provider: str | None = None
    event_kind: str | None = None


@frozen
class Wait:
    """Holds what depends on it until something happens. It waits for as long as it takes where `expires_after_ms` is None, and so is
    `timeout_text`, which is filled in when it opens.
    """

    on: Timer | Condition | Webhook
    expires_after_ms: int | None = None
    on_timeout: WaitTimeout = "fail"
    escalate_to: str | None = None
    remind_every_ms: int | None = None
    timeout_text: str | None = None

    @property
    def is_limited(self) -> bool:
        """Whether it is over some time, whatever happens."""
        return self.expires_after_ms is not None or self.timeout_text is not None
