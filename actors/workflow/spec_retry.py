"""Retry in the workflow model: how often and when a failed attempt is followed by another. Pure data."""

from __future__ import annotations

from typing import Literal

from attrs import Factory, frozen

from actors.workflow.exhaustion import ManualOverride, TerminalBehavior

__all__ = ["Backoff", "RetryPolicy"]


@frozen
class Backoff:
    """Delay before the next attempt, milliseconds; `max_ms` 0 means no cap of its own."""

    strategy: Literal["none", "fixed", "exponential"] = "none"
    initial_ms: int = 0
    max_ms: int = 0
    multiplier: float = 2.0
    jitter_ms: int = 0


@frozen
class RetryPolicy:
    """How often and when a failed attempt is followed by another, and what follows the last one.

    `max_attempts` None: as the kind of the node has it. `classes` None: the usual ones; empty or `*`: every failure class.
    `max_elapsed_ms`: from the first start of the instance. `count_interruptions`: attempts that were ended from outside count, too.
    """

    max_attempts: int | None = None
    classes: tuple[str, ...] | None = None
    backoff: Backoff = Backoff()
    version: int = 1
    count_interruptions: bool = False
    max_elapsed_ms: int | None = None
    terminal_behavior: TerminalBehavior = Factory(TerminalBehavior)
    manual_override: ManualOverride = Factory(ManualOverride)
