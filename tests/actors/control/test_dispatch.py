from __future__ import annotations

import hashlib
from typing import Any

import pytest
import trio

from actors.control.limits import Limits
from actors.control.methods import METHODS
from actors.control.peers import Rights
from actors.control.port import Runtime
from actors.refusals import Principal, Refusal
from supervision.errors import ActorDead, AskTimeout, MailboxFull
from tests.actors.control.fakes import FakeRuntime, served

SERVED_BY_THE_SESSION = {"system.ping", "system.follow", "run.follow", "projection.follow"}
START = {"workflow_id": "w", "inputs": {"b": 1, "a": 2}, "request_id": "req-1"}


def test_every_method_of_the_table_has_its_place_in_the_port_and_the_other_way_round() -> None:
    offered = {name for name in vars(Runtime) if not name.startswith("_")} - {
        "run_page",
        "run_totals",
        "history_page",
        "system_page",
        "watch",
        "audit_refusal",
    }
    assert offered == {method.attribute for name, method in METHODS.items() if name not in SERVED_BY_THE_SESSION}


def test_the_port_takes_a_request_key_exactly_where_something_is_changed() -> None:
    for name, method in METHODS.items():
        if name not in SERVED_BY_THE_SESSION:
            hints = getattr(Runtime, method.attribute).__annotations__
            assert ("request" in hints) == method.changing, name
            assert hints["params"].split(".")[-1] == method.params.__name__


async def test_a_change_reaches_the_runtime_with_its_name_and_the_digest_of_its_body() -> None:
    async with served() as here:
        await (await here.wire()).ask("run.start", START)
        name, params, by, request = here.runtime.calls[0]
    body = b'["run.start",{"inputs":{"a":2,"b":1},"workflow_id":"w"}]'
    assert name == "run_start"
    assert (params.workflow_id, params.inputs) == ("w", {"a": 2, "b": 1})
    assert by.human
    assert (request.request_id, request.digest) == ("req-1", hashlib.sha256(body).hexdigest())


async def test_the_digest_is_of_the_body_whatever_the_order_of_its_keys() -> None:
    async with served() as here:
        wire = await here.wire()
        for inputs in ({"a": 2, "b": 1}, {"b": 1, "a": 2}, {"a": 3, "b": 1}):
            await wire.ask("run.start", {**START, "inputs": inputs})
        digests = [request.digest for _, _, _, request in here.runtime.calls]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("given", [{}, {"request_id": ""}, {"request_id": 5}, {"request_id": "x" * 129}, {"request_id": "a\nb"}])
async def test_a_change_without_a_usable_request_id_is_refused(given: dict[str, Any]) -> None:
    async with served() as here:
        answer = await (await here.wire()).ask("run.pause", {"run_id": "r", **given})
        assert answer["error"]["data"]["problems"][0]["path"] == "request_id"
        assert here.runtime.calls == []


async def test_a_reading_method_takes_no_request_id() -> None:
    async with served() as here:
        answer = await (await here.wire()).ask("run.get", {"run_id": "r", "request_id": "x"})
    assert answer["error"]["data"]["problems"] == [{"path": "request_id", "found": "an unknown field", "allowed": "run_id"}]


async def test_refused_changes_are_audited_and_refused_reads_are_not() -> None:
    refusal = Refusal("run_not_found", "no such run")
    async with served(FakeRuntime(run_pause=refusal, run_get=refusal)) as here:
        wire = await here.wire()
        await wire.ask("run.get", {"run_id": "r"})
        await wire.ask("run.pause", {"run_id": "r", "request_id": "q1"})
        await wire.ask("run.pause", {"request_id": "q2"})
        await wire.ask("run.pause", {"run_id": "r", "request_id": 7})
        audited = [(method, request_id, refused.code) for _, method, request_id, refused in here.runtime.refusals]
    assert audited == [("run.pause", "q1", "run_not_found"), ("run.pause", "q2", "params_invalid"), ("run.pause", None, "params_invalid")]


async def test_an_overloaded_daemon_does_not_write_audit_entries_about_it() -> None:
    async with served(limits=Limits(slots=0)) as here:
        answer = await (await here.wire()).ask("run.start", START)
        assert answer["error"]["data"]["code"] == "overloaded"
        assert here.runtime.refusals == []


@pytest.mark.parametrize("error", [ActorDead("registrar"), AskTimeout("registrar", 5.0), MailboxFull("registrar")])
async def test_a_part_that_cannot_answer_is_unavailable_and_the_session_lives(error: Exception) -> None:
    async with served(FakeRuntime(run_start=error)) as here:
        wire = await here.wire()
        assert (await wire.ask("run.start", START))["error"]["data"]["code"] == "unavailable"
        assert (await wire.ask("system.ping"))["result"]["pong"] is True


async def test_a_runtime_that_never_answers_is_given_up_and_its_slot_is_free(autojump_clock: trio.testing.MockClock) -> None:
    async def never(*_: Any) -> dict[str, Any]:
        await trio.sleep(3600)
        return {}

    async with served(FakeRuntime(run_why=never), limits=Limits(slots=1)) as here:
        wire = await here.wire()
        for _ in range(2):
            assert (await wire.ask("run.why", {"run_id": "r"}))["error"]["data"]["code"] == "timeout"
        assert trio.current_time() == pytest.approx(60, abs=1)


async def test_who_descends_from_a_step_is_no_human_and_can_still_look() -> None:
    async with served(is_step_process=lambda pid: True) as here:
        wire = await here.wire()
        await wire.ask("gate.decide", {"run_id": "r", "decision": "approve", "request_id": "q"})
        await wire.ask("run.get", {"run_id": "r"})
        assert [by.human for _, _, by, _ in here.runtime.calls] == [False, False]


async def test_who_became_part_of_a_step_after_connecting_is_no_human_either() -> None:
    answers = [False, True]
    async with served(is_step_process=lambda pid: answers.pop(0)) as here:
        await (await here.wire()).ask("gate.decide", {"run_id": "r", "decision": "approve", "request_id": "q"})
        assert [by.human for _, _, by, _ in here.runtime.calls] == [False]


async def test_nor_is_it_when_it_decides_about_a_campaign() -> None:
    answers = [False, True]
    async with served(is_step_process=lambda pid: answers.pop(0)) as here:
        asked = {"campaign_id": "c", "action": "reject_winner", "request_id": "q"}
        await (await here.wire()).ask("campaign.act", asked)
        assert [by.human for _, _, by, _ in here.runtime.calls] == [False]


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [
        (Rights(owner=-1, operators=frozenset({0})), {"run.get", "run.pause", "gate.decide", "campaign.act", "approve"}),
        (Rights(owner=-1, operators=frozenset({0}), approvers=frozenset({5})), {"run.get", "run.pause", "campaign.act"}),
        (Rights(owner=-1, approvers=frozenset({0})), {"run.get", "gate.decide", "approve"}),
    ],
)
async def test_operators_steer_and_approvers_decide(rights: Rights, allowed: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.control.peers._CREDENTIALS", _Uid(0))
    calls = {
        "run.get": {"run_id": "r"},
        "run.pause": {"run_id": "r", "request_id": "1"},
        "gate.decide": {"run_id": "r", "decision": "approve", "request_id": "2"},
        "campaign.act": {"campaign_id": "c", "action": "start", "request_id": "3"},
        "approve": {"campaign_id": "c", "action": " Approve_Winner", "request_id": "4"},
    }
    async with served(rights=rights) as here:
        wire = await here.wire()
        answers = {name: await wire.ask(name if "." in name else "campaign.act", params) for name, params in calls.items()}
    assert {name for name, answer in answers.items() if "result" in answer} == allowed
    assert {answers[name]["error"]["data"]["code"] for name in set(calls) - allowed} <= {"not_permitted", "gate_not_permitted"}


@pytest.mark.parametrize("uid", [65534, 4711])
async def test_a_stranger_and_the_overflow_uid_are_turned_away(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.control.peers._CREDENTIALS", _Uid(uid))
    async with served(rights=Rights(operators=frozenset({65534}))) as here:
        wire = await here.wire()
        assert (await wire.line())["error"]["data"]["code"] == "peer_not_allowed"
        assert await wire.closed()


class _Uid:
    """Credentials as they would come from another user's process."""

    size = 12

    def __init__(self, uid: int) -> None:
        self.uid = uid

    def unpack(self, _: bytes) -> tuple[int, int, int]:
        return 77, self.uid, 0


async def test_a_process_of_a_foreign_pid_namespace_is_no_human(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served() as here:
        monkeypatch.setattr(_Uid, "unpack", lambda self, _: (0, self.uid, 0))
        monkeypatch.setattr("actors.control.peers._CREDENTIALS", _Uid(Rights().owner))
        await (await here.wire()).ask("run.get", {"run_id": "r"})
        assert here.runtime.calls[0][2] == Principal(Rights().owner, human=False)
