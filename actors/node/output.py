"""What an attempt hands back: the JSON file that it was offered, else its standard output in the form that was ordered."""

from __future__ import annotations

import codecs
import os
from stat import S_ISREG
from typing import Any

import orjson

from actors.node.failures import output_invalid
from actors.node.messages import Failure
from actors.node.orders import WorkOrder
from actors.node.values import LARGEST_OUTPUT, MOST_BYTES
from storage.strict_json import BadJson, loads_strict

__all__ = ["KEPT", "MOST_TEXT", "from_stream", "output_path", "parsed", "read_file", "text_of"]

MOST_TEXT = 64 << 10
_ALWAYS_FITS = LARGEST_OUTPUT // 6
"""Nothing grows more than sixfold in JSON: a control character does, as \\u0001."""

KEPT = MOST_BYTES + 1
"""How much of stdout has to be kept for `from_stream`: one byte more than the largest value, to tell that there was more."""


def output_path(order: WorkOrder) -> str:
    """Where `$PENSTOCK_OUTPUT` of this attempt points to."""
    return f"{order.run_dir}/outputs/{order.node_id}.{order.instance}.{order.attempt}.json"


def read_file(path: str) -> bytes | Failure | None:
    """The bytes of the output file; None when it was not written. Only a plain file of bounded size is read, and nothing is waited for."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        return output_invalid("output_unreadable", f"the file named in $PENSTOCK_OUTPUT cannot be read: {error.strerror}")
    try:
        found = os.fstat(fd)
        if not S_ISREG(found.st_mode) or found.st_nlink != 1:
            return output_invalid("output_not_regular", "what $PENSTOCK_OUTPUT names has to be a plain file with one name")
        data = os.read(fd, MOST_BYTES + 1)
    finally:
        os.close(fd)
    if len(data) > MOST_BYTES:
        return output_invalid(
            "output_too_large", f"the file named in $PENSTOCK_OUTPUT has {found.st_size} bytes; at most {MOST_BYTES} are allowed"
        )
    return data


def parsed(data: bytes, source: str) -> tuple[Any, Failure | None]:
    """The JSON value in `data`, or the failure that says what is wrong with it."""
    try:
        return loads_strict(data), None
    except BadJson as error:
        return None, output_invalid("output_invalid_json", f"{source} is not strict JSON: {error}")


def from_stream(
    order: WorkOrder, head: bytes, total: int, warnings: list[str], *, source: str = "stdout"
) -> tuple[Any, Failure | None]:  # fmt: skip
    """What a command wrote, or a server answered (`source`), in the ordered form."""
    if order.output == "json":
        if total > MOST_BYTES:
            return None, output_invalid("output_too_large", f"{source} has {total} bytes; as JSON at most {MOST_BYTES} are allowed")
        return parsed(head, source)
    more = "; the log has more" if source == "stdout" else ""
    if total > MOST_TEXT:
        warnings.append(f"output_truncated: of {total} bytes of {source}, the first {MOST_TEXT} are the output{more}")
    text = text_of(head[:MOST_TEXT], whole=total <= MOST_TEXT)
    value = _in_form(order, text)
    while total > _ALWAYS_FITS and (size := len(orjson.dumps(value))) > LARGEST_OUTPUT:
        warnings.append(f"output_truncated: as JSON it has {size} bytes, {LARGEST_OUTPUT} are the most{more}")
        text = text[: int(len(text) * LARGEST_OUTPUT / size * 0.95)]
        value = _in_form(order, text)
    return value, None


def _in_form(order: WorkOrder, text: str) -> Any:
    if order.output == "lines":
        return [line.removesuffix("\r") for line in text.split("\n")] if text else []
    return text


def text_of(data: bytes, *, whole: bool = True) -> str:
    """Bytes as text that a log accepts: what is no UTF-8 and NUL become U+FFFD, one newline at the end goes, a cut last character too."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data, final=whole)
    text = text.replace("\0", "\ufffd")
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
