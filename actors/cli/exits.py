"""Exit codes, and what each kind of trouble prints. The one place where an exception becomes a line for people."""

from __future__ import annotations

import sys

from actors.cli.text import visible
from actors.control.client import CallRefused, Disconnected, NoDaemon

__all__ = [
    "BLOCKED", "CANCELLED", "DAMAGED", "FAILED", "INTERNAL", "NOT_FOUND", "NO_DAEMON", "OK", "PERMISSION", "UNFINISHED", "USAGE", "Told",
    "code_of_status", "exit_of", "report",
]  # fmt: skip

OK, FAILED, USAGE, BLOCKED, CANCELLED, UNFINISHED = 0, 1, 2, 3, 4, 5
DAMAGED, NOT_FOUND, NO_DAEMON, INTERNAL, PERMISSION = 65, 66, 69, 70, 77

_STATUS = {"completed": OK, "failed": FAILED, "blocked": BLOCKED, "cancelled": CANCELLED}
_PERMISSION_CODES = {
    "not_permitted",
    "human_required",
    "gate_not_permitted",
    "gate_reviewer_not_allowed",
    "gate_approver_is_author",
    "peer_not_allowed",
}
_AWAY_CODES = {
    "unavailable",
    "overloaded",
    "timeout",
    "shutting_down",
    "storage_busy",
    "storage_full",
    "storage_read_only",
    "slow_reader",
    "run_unavailable",
}
_NOT_FOUND_CODES = {"address_unknown", "mcp_server_unknown", "run_gate_missing", "workflow_version_missing"}
_USAGE_CODES = {"params_invalid", "bad_request", "invalid_parameter"}
_DAMAGED_CODES = {"bundle_damaged", "snapshot_unreadable"}


class Told(Exception):
    """Trouble that is the user's or the world's: said in one sentence, with a code and an exit status."""

    def __init__(self, code: str, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.code, self.exit_code = code, exit_code


def code_of_status(status: str) -> int:
    """The exit code of a run in this status; everything that has not ended is 5."""
    return _STATUS.get(status, UNFINISHED)


def report(error: BaseException) -> int:
    """Say on stderr what went wrong, and return the exit code."""
    match error:
        case CallRefused():
            return _say(error.message, error.code, exit_of(error))
        case NoDaemon():
            advice = "" if error.denied else ". Start one with penstockd, or let `penstock run FILE` carry its own"
            return _say(f"{error}{advice}", "no_daemon", PERMISSION if error.denied else NO_DAEMON)
        case Disconnected():
            return _say(str(error), "disconnected", NO_DAEMON)
        case KeyboardInterrupt():
            return _say("interrupted", "interrupted", UNFINISHED)
        case _:
            return _other(error)


def _other(error: BaseException) -> int:
    code, exit_code = getattr(error, "code", None), getattr(error, "exit_code", None)
    if isinstance(code, str) and isinstance(exit_code, int):
        return _say(str(error), code, exit_code)
    import traceback

    traceback.print_exception(error)
    return _say(f"an error of Penstock's own: {type(error).__name__}: {error}", "internal", INTERNAL)


def exit_of(error: CallRefused) -> int:
    """The exit code of a refusal, by its code."""
    code = error.code
    if code.endswith("_not_found") or code in _NOT_FOUND_CODES:
        return NOT_FOUND
    if code in _PERMISSION_CODES:
        return PERMISSION
    if code in _AWAY_CODES:
        return NO_DAEMON
    if code in _USAGE_CODES:
        return USAGE
    if code in _DAMAGED_CODES:
        return DAMAGED
    return INTERNAL if code in {"internal", "method_unknown"} else FAILED


def _say(message: str, code: str, exit_code: int) -> int:
    print(f"error: {visible(message)}\ncode: {visible(code)}", file=sys.stderr)
    return exit_code
