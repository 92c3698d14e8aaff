"""Messages from outside: decoded with the types that the addressed actor itself declares as acceptable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from actors.refusals import Refusal
from storage.codec import BadRecord, Codec, UnknownKind, kind_of
from storage.records import Recorded

if TYPE_CHECKING:
    from supervision import System

__all__ = ["message_for"]


def message_for(system: System, address: str, given: Mapping[str, Any]) -> object:
    """The message, or why the actor does not take it. Raises UnknownActor."""
    accepts = system.accepts(address)
    by_name = {name: cls for cls in accepts for name in (kind_of(cls), cls.__name__)}
    names = sorted(cls.__name__ for cls in accepts)
    kind = given.get("kind")
    if kind not in by_name:
        text = f"{address!r} does not take {kind!r} from outside. It takes: {', '.join(names) or 'nothing'}."
        return Refusal("message_not_accepted", text, {"address": address, "kind": kind, "accepts": names})
    wanted = by_name[str(kind)]
    fields = {name: value for name, value in given.items() if name != "kind"}
    try:
        return Codec((wanted,)).decode(Recorded(1, 0, kind_of(wanted), orjson.dumps(fields)))
    except (BadRecord, UnknownKind) as error:
        text = f"{address!r} takes {wanted.__name__}, but not in this form: {error}"
        return Refusal("message_invalid", text, {"address": address, "kind": kind})
