"""What is asked of the notifier."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.refusals import Refusal
from supervision import Request

__all__ = ["LookAtOutbox", "SendTest"]


@frozen
class LookAtOutbox:
    """Tell: something may be due."""


@frozen
class SendTest(Request[dict[str, Any] | Refusal]):
    """Send one message in every way that is configured, now and once; answers what came of each."""
