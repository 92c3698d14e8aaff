"""From one line to one answer: decode, judge, call the runtime, encode. Knows the table of methods, but no socket and no subscription."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import trio
from attrs import frozen

from actors.control import protocol
from actors.control.decode import decode, refusal_of
from actors.control.limits import Limits
from actors.control.methods import DECIDE, METHODS, PING, RUN_FOLLOW, SYSTEM_FOLLOW, Method
from actors.control.params import RunFollow
from actors.control.params_histories import HistoryFollow
from actors.control.peers import Peer, Rights
from actors.control.port import Answer, Runtime
from actors.control.protocol import Call, CallId
from actors.control.slots import Slots
from actors.refusals import Principal, Refusal, RequestKey
from storage.codec import BadJson, canonical, loads_strict
from storage.errors import StreamDamaged, Unavailable
from supervision.errors import ActorDead, AskTimeout, MailboxFull

__all__ = ["Dispatcher", "Follow", "Reply"]

# Under load, and where nothing can be written just now, the answer must not wait for a note about it.
_UNAUDITED = ("overloaded", "storage_")
_PROTOCOL = 1
_ID_LENGTH = 128
_STRINGS_END = re.compile(rb'[^"]*+(?:"(?:[^"\\]++|\\.)*+"[^"]*+)*+', re.DOTALL)


@frozen
class Reply:
    """One line to send. `changed` marks a changing method that was carried out; `fault` is an error of ours that the line reports."""

    line: bytes
    changed: bool = False
    fault: Exception | None = None


@frozen
class Follow:
    """A subscription to open: one run behind `after`, its log or its public history; or the whole system."""

    call_id: CallId
    run_id: str | None = None
    after: int | None = None
    history: bool = False


@frozen
class _Refused:
    number: int
    refusal: Refusal


class Dispatcher:
    """Shared by all sessions; holds no state of any of them but the slots.

    `redact` takes secrets out of a line: out of what is asked before anything is made of it, out of answers before they are sent.
    """

    def __init__(
        self, runtime: Runtime, rights: Rights, limits: Limits, is_step_process: Callable[[int], bool], version: str,
        redact: Callable[[bytes], bytes] = bytes,
    ) -> None:  # fmt: skip
        self.runtime = runtime
        self.redact = redact
        self.slots = Slots(limits.slots, limits.reserved_slots)
        # Few reads in each turn of the loop, so that its turns stay short for what takes many: a decision, a cancel.
        self._turnstile = trio.CapacityLimiter(limits.readers)
        self.greeting = {"penstock": {"protocol": _PROTOCOL, "version": version}}
        self._rights = rights
        self._limits = limits
        self._is_step_process = is_step_process

    async def handle(self, line: bytes, peer: Peer, *, reserved_only: bool = False, first: bool = False) -> Reply | Follow:
        """Answer one line. Never raises for anything that a peer sends; an error of the runtime's comes back as `fault`."""
        extra = self.greeting if first else None
        try:
            call = protocol.read_call(self._decode(self.redact(line)))
        except BadJson as error:
            refusal = Refusal("bad_request", f"the line is not strict JSON: {error}")
            return Reply(protocol.error(None, protocol.PARSE_ERROR, refusal, extra))
        if isinstance(call, protocol.Malformed):
            return Reply(protocol.error(call.id, protocol.BAD_REQUEST, Refusal("bad_request", call.message), extra))
        try:
            outcome = await self._serve(call, peer, reserved_only=reserved_only)
        except Exception as fault:  # noqa: BLE001  answered here, raised again by the session
            refusal = Refusal("internal", "an error of Penstock's own; the daemon's log has it", {"error": type(fault).__name__})
            return Reply(protocol.error(call.id, protocol.INTERNAL, refusal, extra), fault=fault)
        return self._encode(call, outcome, extra)

    def _decode(self, line: bytes) -> object:
        # Counting the depth of a text whose last string does not end takes quadratic time: such a line is refused before.
        if line.count(b"[") + line.count(b"{") > self._limits.depth and _STRINGS_END.fullmatch(line) is None:
            raise BadJson("a string does not end")
        return loads_strict(line, depth=self._limits.depth, keys=self._limits.keys, string=self._limits.string)

    def _encode(self, call: Call, outcome: Mapping[str, Any] | _Refused | Follow, extra: Mapping[str, Any] | None) -> Reply | Follow:
        if isinstance(outcome, Follow):
            return outcome
        if isinstance(outcome, _Refused):
            return Reply(protocol.error(call.id, outcome.number, outcome.refusal, extra))
        line = protocol.result(call.id, outcome, extra)
        if len(line) > self._limits.reply:
            refusal = Refusal("reply_too_large", f"the reply has {len(line)} bytes, at most {self._limits.reply} are sent: ask for less")
            return Reply(protocol.error(call.id, protocol.REFUSED, refusal, extra))
        return Reply(line, changed=METHODS[call.method].changing)

    async def _serve(self, call: Call, peer: Peer, *, reserved_only: bool) -> Mapping[str, Any] | _Refused | Follow:
        method = METHODS.get(call.method)
        if method is None:
            refusal = Refusal("method_unknown", f"there is no method {call.method[:_ID_LENGTH]!r}", {"known": sorted(METHODS)})
            return _Refused(protocol.METHOD_UNKNOWN, refusal)
        method = method.asked_with(call.params)
        outcome = await self._guarded(method, call, peer, reserved_only=reserved_only)
        if isinstance(outcome, _Refused) and method.scope != "read" and not outcome.refusal.code.startswith(_UNAUDITED):
            request_id = call.params.get("request_id")
            known = request_id if isinstance(request_id, str) else None
            await self.runtime.audit_refusal(Principal(peer.uid, peer.human), method.name, known, outcome.refusal)
        return outcome

    async def _guarded(self, method: Method, call: Call, peer: Peer, *, reserved_only: bool) -> Mapping[str, Any] | _Refused | Follow:
        if not self._rights.may(peer.uid, method.scope):
            code = "gate_not_permitted" if method.name == DECIDE else "not_permitted"
            return _refused(Refusal(code, f"uid {peer.uid} may not call {method.name}", {"scope": method.scope}))
        if reserved_only and not method.reserved:
            return _refused(_overloaded("all connections are taken; this one serves only what must work under load"))
        params = dict(call.params)
        key = _request_key(method, params) if method.changing else None
        if isinstance(key, Refusal):
            return _Refused(protocol.PARAMS_INVALID, key)
        decoded = decode(method.params, params)
        if isinstance(decoded, tuple):
            return _Refused(protocol.PARAMS_INVALID, refusal_of(decoded))
        if isinstance(decoded, HistoryFollow):
            return Follow(call.id, decoded.run_id, decoded.after, history=True)
        if method.name in (RUN_FOLLOW, SYSTEM_FOLLOW):
            return Follow(call.id, decoded.run_id, decoded.after) if isinstance(decoded, RunFollow) else Follow(call.id)
        if method.name == PING:
            return {"pong": True, **self.greeting["penstock"]}
        if method.looks:
            async with self._turnstile:
                return await self._call(method, decoded, peer, key)
        return await self._call(method, decoded, peer, key)

    async def _call(self, method: Method, params: object, peer: Peer, key: RequestKey | None) -> Mapping[str, Any] | _Refused:
        if not self.slots.take(reserved=method.reserved):
            return _refused(_overloaded("too many requests are under way; ask again in a moment"))
        try:
            by = peer.principal(self._is_step_process) if method.scope == "approve" else Principal(peer.uid, peer.human)
            answer = await _within(
                method.deadline, getattr(self.runtime, method.attribute), (params, by) if key is None else (params, by, key)
            )
        finally:
            self.slots.give_back(reserved=method.reserved)
        return _refused(answer) if isinstance(answer, Refusal) else answer


async def _within(deadline: float, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Answer:
    """The runtime's answer; what the kernel says of actors that cannot answer becomes a refusal."""
    try:
        with trio.move_on_after(deadline):
            answer: Answer = await function(*arguments)
            return answer
    except (ActorDead, AskTimeout, MailboxFull) as error:
        return Refusal("unavailable", f"the part that would answer cannot just now ({error}): ask again with the same request_id")
    except Unavailable as error:
        return Refusal(error.code, f"{error}. What you asked is not acknowledged; ask again with the same request_id, it does no harm")
    except StreamDamaged as error:
        return Refusal("log_unreadable", f"{error}. All other logs are unharmed; see: penstock verify", {"stream": error.args[0]})
    return Refusal("timeout", f"no answer within {deadline:g} s; whether it took effect is unknown: ask again with the same request_id")


def _request_key(method: Method, params: dict[str, Any]) -> RequestKey | Refusal:
    """Take the request id off the parameters and digest the rest."""
    request_id = params.pop("request_id", None)
    if not isinstance(request_id, str) or not 0 < len(request_id) <= _ID_LENGTH or not request_id.isprintable():
        text = f"request_id: a printable text of 1 to {_ID_LENGTH} characters is required, the same one for each try of the same change"
        found = "nothing" if request_id is None else str(request_id)[:_ID_LENGTH]
        return Refusal("params_invalid", text, {"problems": [{"path": "request_id", "found": found, "allowed": "text"}]})
    return RequestKey(request_id, hashlib.sha256(canonical([method.name, params])).hexdigest())


def _overloaded(message: str) -> Refusal:
    return Refusal("overloaded", message, {"retry_after_ms": 1000})


def _refused(refusal: Refusal) -> _Refused:
    return _Refused(protocol.REFUSED, refusal)
