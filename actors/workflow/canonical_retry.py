"""The canonical JSON of a retry policy, and the name of its version. What was left out stays out. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from actors.workflow.exhaustion import ManualOverride, TerminalBehavior
from actors.workflow.spec import Backoff, RetryPolicy

__all__ = ["policy_version_id", "retry_json"]

FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3


def retry_json(retry: RetryPolicy) -> dict[str, Any]:
    """The policy in the model's names; an empty one is {}. A list of classes that is empty is written as what it means: `*`."""
    entries: dict[str, Any] = {
        "version": retry.version if retry.version != 1 else None,
        "max_attempts": retry.max_attempts,
        "count_interruptions": retry.count_interruptions or None,
        "retryable_failure_classes": None if retry.classes is None else list(retry.classes) or ["*"],
        "backoff": _backoff(retry.backoff),
        "max_elapsed_ms": retry.max_elapsed_ms,
        "terminal_behavior": _terminal(retry.terminal_behavior),
        "manual_override": _manual(retry.manual_override),
    }
    return {key: value for key, value in entries.items() if value is not None and value != {}}


def _backoff(backoff: Backoff) -> dict[str, Any]:
    """Nothing for none; else the strategy is always named, since the reader asks for it."""
    if backoff == Backoff():
        return {}
    found: dict[str, Any] = {"strategy": backoff.strategy}
    found |= {} if backoff.initial_ms == 0 else {"initial_delay_ms": backoff.initial_ms}
    found |= {} if backoff.max_ms == 0 else {"max_delay_ms": backoff.max_ms}
    found |= {} if backoff.multiplier == 2.0 else {"multiplier": backoff.multiplier}
    return found | ({} if backoff.jitter_ms == 0 else {"jitter_ms": backoff.jitter_ms})


def _terminal(terminal: TerminalBehavior) -> dict[str, Any]:
    mode = {} if terminal.mode == "fail_run" else {"mode": terminal.mode}
    return mode | ({"dead_letter": True} if terminal.dead_letter else {})


def _manual(manual: ManualOverride) -> dict[str, Any]:
    enabled = {"enabled": True} if manual.enabled else {}
    return enabled | ({} if manual.requires_reason else {"requires_reason": False})


@lru_cache(maxsize=1024)
def policy_version_id(retry: RetryPolicy) -> str:
    """`retry-policy-v1-` and 16 hex digits: FNV-1a, 64 bits, of the policy's canonical JSON."""
    import orjson  # noqa: PLC0415 - kept out of the import of the model

    sum_ = FNV_OFFSET
    for byte in orjson.dumps(retry_json(retry), option=orjson.OPT_SORT_KEYS):
        sum_ = ((sum_ ^ byte) * FNV_PRIME) % (1 << 64)
    return f"retry-policy-v{retry.version}-{sum_:016x}"
