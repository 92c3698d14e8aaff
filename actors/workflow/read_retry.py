"""Reads a retry policy, in the words of a file or of the model. Keys of its groups may stand in them, or beside them."""

from __future__ import annotations

from typing import Final, Literal, get_args

from actors.workflow.exhaustion import ManualOverride, TerminalBehavior, TerminalMode
from actors.workflow.form import ABSENT, Form
from actors.workflow.spec import Backoff, RetryPolicy

__all__ = ["FAILURE_CLASSES", "MAX_ATTEMPTS", "read_retry"]

CODE: Final = "retry_policy_invalid"
MAX_ATTEMPTS: Final = 10
MOST_RETRIES: Final = 2**32 - 1
LONGEST_MS: Final = 86_400_000
STRATEGIES: Final = ("none", "fixed", "exponential")
MODES: Final = get_args(TerminalMode)
INITIAL: Final = ("initial", "initial_delay_ms", "delay_ms")
BACKOFF_KEYS: Final = ("strategy", *INITIAL, "max", "max_delay_ms", "multiplier", "jitter", "jitter_ms")
FAILURE_CLASSES: Final = frozenset((
    "*", "artifact_contract_unmet", "condition_error", "configuration", "contract_miss", "execution_error", "missing_config", "outbox_send",
    "provider_terminal", "provider_transient", "timeout", "tool_resolution", "tool_resolution_failed", "validation_error", "wait_wakeup",
    "webhook_delivery",
))  # fmt: skip


def read_retry(form: Form) -> RetryPolicy | None:
    """The policy under `retry`, or that of the short form `retries: N`; None when there is none."""
    inner = form.sub("retry", "retry_policy")
    retries = _read_retries(form)
    if retries is not None and form.has("retry", "retry_policy"):
        message = '"retries" is the short form of "retry". Keep one of them.'
        form.report.add("key_spelled_twice", form.at("retries"), message)
    if inner is None:
        return None if retries is None else RetryPolicy(retries + 1, ("*",))
    policy = RetryPolicy(
        max_attempts=_read_attempts(inner),
        classes=_read_classes(inner),
        backoff=_read_backoff(inner),
        version=inner.whole("version", low=1, high=1_000_000, default=1, code=CODE),
        count_interruptions=inner.flag("count_interruptions"),
        max_elapsed_ms=inner.duration("max_elapsed", "max_elapsed_ms", code=CODE),
        terminal_behavior=_read_terminal(inner),
        manual_override=_read_manual(inner),
    )
    inner.close("retry")
    return policy


def _read_retries(form: Form) -> int | None:
    """How often a failure of any class is followed by another attempt."""
    if form.take("retries") is ABSENT:
        return None
    retries = form.whole("retries", low=0, high=MOST_RETRIES, default=0, code="invalid_retries")
    if retries >= MAX_ATTEMPTS:
        most = MAX_ATTEMPTS - 1
        message = f'"retries" is {retries}; at most {most} are made, so it is taken as {most}.'
        form.report.warn("retries_clamped", form.at("retries"), message, found=retries, allowed=[f"0 … {most}"])
    return min(retries, MAX_ATTEMPTS - 1)


def _read_attempts(form: Form) -> int | None:
    """A number outside of the bounds is taken as the nearest one inside: what it means is clear enough."""
    names = ("max_attempts", "maxAttempts")
    value = form.take(*names)
    if value is ABSENT:
        return None
    if type(value) is not int:
        form.wrong(names, value, f"a whole number from 1 to {MAX_ATTEMPTS}", CODE)
        return None
    attempts = min(MAX_ATTEMPTS, max(1, value))
    if attempts != value:
        message = f'"{names[0]}" is {value}; from 1 to {MAX_ATTEMPTS} attempts are made, so it is taken as {attempts}.'
        form.report.warn("max_attempts_clamped", form.at(*names), message, found=value, allowed=[f"1 … {MAX_ATTEMPTS}"])
    return attempts


def _read_classes(form: Form) -> tuple[str, ...] | None:
    names = ("on", "retryable_failure_classes", "retryableFailureClasses", "retry_on", "retryOn")
    texts = form.texts(*names, single=True)
    if texts is None:
        return None
    classes = [text.strip().lower().replace("-", "_").replace(" ", "_") for text in texts]
    for name in classes:
        if name not in FAILURE_CLASSES:
            message = f'No failure has the class "{name[:80]}" by itself; only a function that names it gives it.'
            form.report.warn("failure_class_unknown", form.at(*names), message, found=name, allowed=sorted(FAILURE_CLASSES))
    return tuple(dict.fromkeys(classes)) or ("*",)


def _group(form: Form, word: str, keys: tuple[str, ...]) -> Form:
    """Where the keys of a group are to be read: under its word, or in the policy itself."""
    inner = form.sub(word)
    if inner is None:
        return form
    for name in keys:
        if form.take(name) is not ABSENT:
            message = f'"{name}" belongs to "{word}", which stands here too. Put it inside.'
            form.report.add("key_spelled_twice", form.at(name), message, found=name)
    return inner


def _close(form: Form, inner: Form, word: str) -> None:
    if inner is not form:
        inner.close(word)


def _read_backoff(form: Form) -> Backoff:
    inner = _group(form, "backoff", BACKOFF_KEYS)
    if inner is form and not form.has(*BACKOFF_KEYS):
        return Backoff()
    strategy = inner.choice("strategy", choices=STRATEGIES, code=CODE)
    initial = _read_initial(inner)
    longest = inner.duration("max", "max_delay_ms", high_ms=LONGEST_MS, code=CODE) or 0
    multiplier = inner.number("multiplier", low=1, default=2.0, code=CODE)
    jitter = inner.duration("jitter", "jitter_ms", low_ms=0, high_ms=LONGEST_MS, code=CODE) or 0
    _close(form, inner, "backoff")
    _check(inner, strategy, initial, longest)
    return Backoff(_strategy(strategy), initial, longest, multiplier, jitter)


def _read_initial(form: Form) -> int:
    form.take(*INITIAL)
    model = "delay_ms" if "delay_ms" in form.data and "initial_delay_ms" not in form.data else "initial_delay_ms"
    return form.duration("initial", model, high_ms=LONGEST_MS, code=CODE) or 0


def _check(form: Form, strategy: str | None, initial: int, longest: int) -> None:
    if strategy is None and not form.has("strategy"):
        message = 'A back-off needs "strategy"; without one there is no delay.'
        form.report.add(CODE, form.path, message, allowed=STRATEGIES)
    if strategy in {"fixed", "exponential"} and not form.has(*INITIAL):
        form.report.add(CODE, form.path, f'A {strategy} back-off needs "initial", the first delay, such as 2s.', allowed=["initial"])
    if longest and initial > longest:
        message = f'"max" ({longest} ms) is shorter than "initial" ({initial} ms). Make it longer, or leave it out.'
        form.report.add(CODE, form.at("max", "max_delay_ms"), message, found=longest, allowed=[f"≥ {initial} ms"])


def _strategy(word: str | None) -> Literal["none", "fixed", "exponential"]:
    match word:
        case "fixed" | "exponential":
            return word
    return "none"


def _read_terminal(form: Form) -> TerminalBehavior:
    """A word alone is the mode."""
    if type(form.data.get("terminal_behavior")) is str:
        return TerminalBehavior(_mode(form.choice("terminal_behavior", choices=MODES, code=CODE)), form.flag("dead_letter"))
    inner = _group(form, "terminal_behavior", ("mode", "dead_letter"))
    found = TerminalBehavior(_mode(inner.choice("mode", choices=MODES, code=CODE)), inner.flag("dead_letter"))
    _close(form, inner, "terminal_behavior")
    return found


def _mode(word: str | None) -> TerminalMode:
    match word:
        case "pause_for_review" | "dead_letter":
            return word
    return "fail_run"


def _read_manual(form: Form) -> ManualOverride:
    inner = _group(form, "manual_override", ("enabled", "requires_reason"))
    found = ManualOverride(inner.flag("enabled"), inner.flag("requires_reason", default=True))
    _close(form, inner, "manual_override")
    return found
