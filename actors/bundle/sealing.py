"""The form of a bundle: lines that each carry their own digest, a manifest of all parts, and a seal over everything. Pure.

A line is sixteen hex digits, the name of its part and one JSON value. The last two lines are the manifest and the seal: the manifest has
for each part its lines, bytes and SHA-256, the seal is the SHA-256 of all bytes before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from attrs import Factory, define

__all__ = ["FORMAT", "PARTS", "BundleDamaged", "Sealer", "opened"]

FORMAT = 1
PARTS = ("head", "definition", "inputs", "log", "events", "snapshots", "artifacts", "ledger", "report")
"""All parts, in their order; each has any number of lines."""
_MARK = 16
_LONGEST = 64 << 20


class BundleDamaged(Exception):
    """A bundle that is not as it was sealed: args (line number from 1, byte at which it begins, what is wrong)."""

    code = "bundle_damaged"

    def __str__(self) -> str:
        line, offset, what = self.args
        return f"line {line} (from byte {offset}): {what}"


@define
class _Sum:
    lines: int = 0
    size: int = 0
    sum: Any = Factory(hashlib.sha256)

    def add(self, line: bytes) -> None:
        self.lines, self.size = self.lines + 1, self.size + len(line)
        self.sum.update(line)

    def told(self) -> dict[str, Any]:
        return {"lines": self.lines, "bytes": self.size, "sha256": self.sum.hexdigest()}


class Sealer:
    """Makes the lines of one bundle. Parts come in their order; `finish` gives the manifest and the seal."""

    def __init__(self) -> None:
        self._parts = {name: _Sum() for name in PARTS}
        self._all = _Sum()

    def line(self, part: str, value: Any) -> bytes:
        """One line of a part."""
        line = self._made(part, value)
        self._parts[part].add(line)
        return line

    def finish(self, about: Mapping[str, Any]) -> bytes:
        """The last two lines; `about` is said in the manifest beside the parts."""
        parts = {name: found.told() for name, found in self._parts.items()}
        manifest = self._made("manifest", {"penstock_bundle": FORMAT, **about, "parts": parts})
        return manifest + self._made("seal", {"sha256": self._all.sum.hexdigest(), "bytes": self._all.size})

    def _made(self, part: str, value: Any) -> bytes:
        text = part.encode() + b" " + orjson.dumps(value)
        line = hashlib.sha256(text).hexdigest()[:_MARK].encode() + b" " + text + b"\n"
        self._all.add(line)
        return line


def opened(lines: Iterable[bytes]) -> Iterator[tuple[str, Any]]:
    """Each line as (part, value), the manifest last. Raises BundleDamaged at the first thing that is not as it was sealed.

    What came before is only known to be whole when all of it has been read.
    """
    parts = {name: _Sum() for name in PARTS}
    everything = _Sum()
    manifest: dict[str, Any] | None = None
    sealed, at = False, 0
    for number, line in enumerate(lines, 1):
        begin, at = at, at + len(line)
        if sealed:
            raise BundleDamaged(number, begin, "something follows the seal")
        part, value = _line(number, begin, line)
        if part == "seal":
            if manifest is None or value != {"sha256": everything.sum.hexdigest(), "bytes": everything.size}:
                raise BundleDamaged(number, begin, "the seal is not that of what stands before it")
            sealed = True
        elif manifest is not None:
            raise BundleDamaged(number, begin, "only the seal follows the manifest")
        elif part == "manifest":
            manifest = _manifest(number, begin, value, parts)
        elif part in parts:
            parts[part].add(line)
            yield part, value
        else:
            raise BundleDamaged(number, begin, f"there is no part {part[:32]!r}")
        everything.add(line)
    if not sealed or manifest is None:
        raise BundleDamaged(everything.lines + 1, at, "it ends before its seal")
    yield "manifest", manifest


def _line(number: int, begin: int, line: bytes) -> tuple[str, Any]:
    mark, text = line[:_MARK], line[_MARK + 1 : -1]
    if len(line) > _LONGEST or not line.endswith(b"\n") or line[_MARK : _MARK + 1] != b" ":
        raise BundleDamaged(number, begin, "it is no line of a bundle")
    if hashlib.sha256(text).hexdigest()[:_MARK].encode() != mark:
        raise BundleDamaged(number, begin, f"the line of the part {_part(text)} is not as it was written")
    part, _, value = text.partition(b" ")
    try:
        return part.decode(), orjson.loads(value)
    except ValueError as error:
        raise BundleDamaged(number, begin, f"it holds no JSON ({error})") from error


def _part(text: bytes) -> str:
    name = text.partition(b" ")[0].decode("utf-8", "replace")
    return name if name in {*PARTS, "manifest", "seal"} else "?"


def _manifest(number: int, begin: int, value: Any, parts: Mapping[str, _Sum]) -> dict[str, Any]:
    if not isinstance(value, dict) or value.get("penstock_bundle") != FORMAT:
        found = value.get("penstock_bundle") if isinstance(value, dict) else value
        raise BundleDamaged(number, begin, f"its format is {found!r}, this version reads {FORMAT}")
    told = value.get("parts")
    for name, found in parts.items():
        if not isinstance(told, dict) or told.get(name) != found.told():
            raise BundleDamaged(number, begin, f"the part {name} is not the one that the manifest names")
    return value
