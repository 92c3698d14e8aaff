"""Reads a retry policy, in the words of a file or of the model."""

from __future__ import annotations

from typing import Final, Literal

from actors.workflow.form import Form
from actors.workflow.spec import Backoff, RetryPolicy

__all__ = ["FAILURE_CLASSES", "MAX_ATTEMPTS", "read_retry"]

CODE: Final = "retry_policy_invalid"
MAX_ATTEMPTS: Final = 10
LONGEST_MS: Final = 86_400_000
STRATEGIES: Final = ("none", "fixed", "exponential")
FAILURE_CLASSES: Final = frozenset((
    "*", "artifact_contract_unmet", "condition_error", "configuration", "contract_miss", "execution_error", "missing_config", "outbox_send",
    "provider_terminal", "provider_transient", "timeout", "tool_resolution", "tool_resolution_failed", "validation_error", "wait_wakeup",
    "webhook_delivery",
))  # fmt: skip


def read_retry(form: Form) -> RetryPolicy | None:
    """The policy under `retry`, or None when there is none."""
    inner = form.sub("retry", "retry_policy")
    if inner is None:
        return None
    attempts = inner.whole("max_attempts", low=1, high=MAX_ATTEMPTS, default=1, code=CODE)
    classes = _read_classes(inner)
    backoff = _read_backoff(inner)
    inner.close("retry")
    return RetryPolicy(attempts, classes, backoff)


def _read_classes(form: Form) -> tuple[str, ...]:
    names = ("on", "retryable_failure_classes")
    classes = [text.strip().lower().replace("-", "_").replace(" ", "_") for text in form.texts(*names, single=True) or ()]
    for name in classes:
        if name not in FAILURE_CLASSES:
            message = f'No failure has the class "{name[:80]}" by itself; only a function that names it gives it.'
            form.report.warn("failure_class_unknown", form.at(*names), message, found=name, allowed=sorted(FAILURE_CLASSES))
    return tuple(dict.fromkeys(classes))


def _read_backoff(form: Form) -> Backoff:
    inner = form.sub("backoff")
    if inner is None:
        return Backoff()
    strategy = inner.choice("strategy", choices=STRATEGIES, code=CODE)
    initial = inner.duration("initial", "initial_delay_ms", high_ms=LONGEST_MS, code=CODE) or 0
    longest = inner.duration("max", "max_delay_ms", high_ms=LONGEST_MS, code=CODE) or 0
    multiplier = inner.number("multiplier", low=1, default=2.0, code=CODE)
    jitter = inner.duration("jitter", "jitter_ms", low_ms=0, high_ms=LONGEST_MS, code=CODE) or 0
    inner.close("backoff")
    _check(inner, strategy, initial, longest)
    return Backoff(_strategy(strategy), initial, longest, multiplier, jitter)


def _check(form: Form, strategy: str | None, initial: int, longest: int) -> None:
    if strategy is None and not form.has("strategy"):
        message = 'A back-off needs "strategy"; without one there is no delay.'
        form.report.add(CODE, form.path, message, allowed=STRATEGIES)
    if strategy in {"fixed", "exponential"} and not form.has("initial", "initial_delay_ms"):
        form.report.add(CODE, form.path, f'A {strategy} back-off needs "initial", the first delay, such as 2s.', allowed=["initial"])
    if longest and initial > longest:
        message = f'"max" ({longest} ms) is shorter than "initial" ({initial} ms). Make it longer, or leave it out.'
        form.report.add(CODE, form.at("max", "max_delay_ms"), message, found=longest, allowed=[f"≥ {initial} ms"])


def _strategy(word: str | None) -> Literal["none", "fixed", "exponential"]:
    match word:
        case "fixed" | "exponential":
            return word
    return "none"
