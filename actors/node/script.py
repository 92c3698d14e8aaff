"""What a shell node hands back, and how its failures are called (flow spec 7.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import orjson
from attrs import evolve

from actors.node.capture import Capture
from actors.node.failures import output_invalid
from actors.node.messages import Failure
from actors.node.orders import ScriptOrder, WorkOrder
from actors.node.output import from_stream, parsed
from actors.node.values import MOST_BYTES

__all__ = ["as_script", "output_of"]

_NOT_STARTED: Final = (
    "command_not_found",
    "command_not_executable",
    "command_argument_too_long",
    "command_argument_invalid",
    "command_not_started",
)
_CODES: Final = {
    "command_exit_nonzero": "script_exit_nonzero", "command_killed": "script_exit_nonzero", "guardian_lost": "script_wait_failed",
    "command_unkillable": "script_wait_failed", **dict.fromkeys(_NOT_STARTED, "script_not_started"),
}  # fmt: skip
_MARK: Final = b"<<<FLOW_OUTPUT>>>"
_END: Final = b"<<<END_FLOW_OUTPUT>>>"
_CONTINUES: Final = bytes(range(0x80, 0xC0))
_LONGEST_CHARACTER: Final = 4


def as_script(failure: Failure, script: ScriptOrder, warnings: Iterable[str] = ()) -> Failure:
    """The failure under the name that scripts have for it; other ones as they are. A script that a signal ended has the exit code -1.

    What it was warned of goes with it: it may be the reason.
    """
    detail = {**failure.detail, **({"warnings": told} if (told := list(warnings)) else {})}
    code = _CODES.get(failure.code)
    if code is None:
        return evolve(failure, detail=detail)
    if failure.code == "command_killed":
        detail["exit_code"] = -1
    message = f"script {script.name!r}: {failure.message}"
    return evolve(failure, code=code, message=message, detail={"script": script.name, **detail})


def output_of(order: WorkOrder, stdout: Capture, written: bytes | None, warnings: list[str]) -> tuple[Any, Failure | None]:
    """The object of the last block on standard output, else what stands in the file, else standard output in the ordered form.

    Standard output that is no UTF-8 counts as none; as JSON it was asked for as a whole, so that is a failure, and no block is looked for.
    """
    if order.output == "json":
        return from_stream(order, bytes(stdout.head), stdout.total, warnings) if written is None else _from_file(written)
    text = _text(stdout)
    if text is None:
        warnings.append("output_not_utf8: standard output is no UTF-8 and was taken as empty; the log has it as it came")
    elif (block := _block(text)) is not None:
        if written is not None:
            warnings.append("output_file_ignored: the block on standard output is the output, and not the file named in $PENSTOCK_OUTPUT")
        return _small(block, len(text))
    elif _END in text:
        warnings.append(
            "flow_output_unreadable: a block on stdout is no JSON object with a list of texts as markers and a text as context, so "
            "it was taken as any other text"
        )
    if written is not None:
        return _from_file(written)
    return from_stream(order, b"" if text is None else bytes(stdout.head), 0 if text is None else stdout.total, warnings)


def _small(block: dict[str, Any], most: int) -> tuple[Any, Failure | None]:
    """The block, unless it is too large; `most`: as large as it can be."""
    if most > MOST_BYTES and (size := len(orjson.dumps(block))) > MOST_BYTES:
        return None, output_invalid("output_too_large", f"the block on stdout has {size} bytes; at most {MOST_BYTES} are allowed")
    return block, None


def _from_file(written: bytes) -> tuple[Any, Failure | None]:
    block = _block(written) if _MARK in written else None
    return (block, None) if block is not None else parsed(written, "the file named in $PENSTOCK_OUTPUT")


def _text(stdout: Capture) -> bytes | None:
    """What is kept of standard output; None where that is no UTF-8. A character that was cut is no fault."""
    whole = stdout.total == len(stdout.head) + len(stdout.end)
    head, end = bytes(stdout.head), bytes(stdout.end)
    if whole:
        return head + end if _sound(head + end) else None
    sound = _sound(head, cut=True) and _sound(_from_character(end))
    return head + b"\n" + end if sound else None


def _sound(data: bytes, *, cut: bool = False) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return cut and error.reason == "unexpected end of data"
    return True


def _from_character(data: bytes) -> bytes:
    """From the first character that is there as a whole."""
    start = data[: _LONGEST_CHARACTER - 1]
    return data[len(start) - len(start.lstrip(_CONTINUES)) :]


def _block(data: bytes) -> dict[str, Any] | None:
    if _MARK not in data:
        return None
    from actors.flow.blocks import read_block  # noqa: PLC0415  # most scripts hand back no block

    return read_block(data.decode("utf-8", "replace"))
