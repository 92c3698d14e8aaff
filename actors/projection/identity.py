"""By which name a record is known for ever: its canonical form, the hash of that, and the id made of both (spec 3). Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from actors.projection.record import Record
from storage.strict_json import canonical

__all__ = ["PREFIX", "canonical_bytes", "digest_of", "event_id_of", "identity_hash", "safe_event"]

PREFIX = "automation-v2-lifecycle-"
_PLAIN = frozenset((str, int, bool, type(None)))
_NO_WORD = re.compile(r"[^A-Za-z0-9._-]")


def canonical_bytes(value: Any) -> bytes:
    """The canonical form: keys sorted at every depth, no blanks, UTF-8. Raises BadJson for what has none."""
    try:
        return canonical(value) if _fractional(value) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # wide integers, and what is no JSON at all
        return canonical(value)


def _fractional(value: Any) -> bool:
    """Whether there is a number in it that orjson may write in another way than the canonical form."""
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list and kind is not tuple:
        return kind not in _PLAIN
    for item in value:  # noqa: SIM110  a generator would take three times as long, and this is done for each record
        if type(item) not in _PLAIN and _fractional(item):
            return True
    return False


def digest_of(value: Any) -> str:
    """`sha256:` and 64 hex digits of the canonical form."""
    return f"sha256:{hashlib.sha256(canonical_bytes(value)).hexdigest()}"


def identity_hash(run_id: str, workflow_id: str, record: Record) -> str:
    """The digest of the seven keys that make a record what it is; absent ones are null."""
    text = orjson.dumps
    whole = b'{"automation_id":%b,"event":%b,"metadata":%b,"reason":%b,"recorded_at_ms":%d,"run_id":%b,"stop_kind":%b}' % (
        text(workflow_id), text(record.event), canonical_bytes(record.metadata), text(record.reason), record.recorded_at_ms, text(run_id),
        text(record.stop_kind),
    )  # fmt: skip
    return f"sha256:{hashlib.sha256(whole).hexdigest()}"


def event_id_of(run_id: str, event: str, digest: str, occurrence: int) -> str:
    """The stable id of a record; `occurrence` counts earlier records of its log that have the same hash."""
    return f"{PREFIX}{run_id}-{safe_event(event)}-{digest.removeprefix('sha256:')[:24]}-{occurrence}"


def safe_event(event: str) -> str:
    """The name as it stands in ids."""
    return _NO_WORD.sub("-", event) or "event"
