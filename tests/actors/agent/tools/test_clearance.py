"""What becomes of a call before it is made: not made, asked about, or made now; and an approval holds for one call, once."""

from __future__ import annotations

from pathlib import Path

from actors.agent.binding import Bound
from actors.agent.clearance import LARGEST_ASKED, Clearance, cannot_work
from actors.agent.policy import Policy
from actors.agent.provider.messages import ToolCall
from actors.agent.thread_events import ToolApprovalUsed, ToolApprovalWanted
from actors.agent.thread_log import ThreadLog
from actors.agent.tools.files import FileTools
from actors.agent.tools.finish import Finish
from actors.agent.tools.hands import Hands
from actors.gate.shown import digest_of_shown
from actors.gate.tools import shown_of
from actors.node.messages import ToolDecision, ToolQuestion
from actors.node.orders import AgentOrder, ArtifactOrder, WorkOrder
from actors.services import Services
from actors.telemetry.meter import Meter

CALL = ToolCall("c1", "write_file", {"path": "a", "content": "b"})
BOUND = Bound("writer", "anna", 1, "5e" * 32, "stage", "m", "workflow")
DIGEST = digest_of_shown(shown_of(ToolQuestion("write_file", CALL.arguments, "c1", 0, "anna", "5e" * 32), "r", "n", 1))


def clearance(services: Services, word: str = "ask", decided: ToolDecision | None = None) -> Clearance:
    hands = Hands((FileTools(-1, {"write_file"}), Finish()), Policy(node=(("write_file", word),)))
    action = AgentOrder(BOUND, "x", "run:r:node:n", decided=decided)
    order = WorkOrder("r", "n", 1, 1, "t", "k", action, "/w", "/d")
    return Clearance(hands, order, action, ThreadLog(services.store, services.clock, "r", "run:r:node:n", Meter()))


async def test_what_is_allowed_is_made_and_what_is_denied_is_not(services: Services) -> None:
    found = clearance(services, "allow").clear(CALL)
    assert (found.said, found.question, found.facts) == (None, None, ())
    said = clearance(services, "deny").clear(CALL).said
    assert said is not None
    assert (said.state, "denied to you by its node" in said.text) == ("denied", True)


async def test_it_is_asked_about_and_that_is_recorded_once(services: Services) -> None:
    clear = clearance(services)
    found = clear.clear(CALL)
    assert found.question == ToolQuestion("write_file", CALL.arguments, "c1", 0, "anna", "5e" * 32)
    assert found.facts == (ToolApprovalWanted("c1", "write_file", DIGEST),)
    await clear.log.append(found.facts)
    again = clear.clear(CALL)
    assert (again.question, again.facts) == (found.question, ())


async def test_an_approval_is_used_up_with_the_call_and_never_holds_again(services: Services) -> None:
    clear = clearance(services, decided=ToolDecision("approve", "uid:7", DIGEST))
    found = clear.clear(CALL)
    assert (found.said, found.question, found.facts) == (None, None, (ToolApprovalUsed("c1", "write_file", DIGEST, "uid:7"),))
    await clear.log.append(found.facts)
    said = clear.clear(CALL).said
    assert said is not None
    assert (said.state, said.is_error) == ("uncertain", True)


async def test_an_answer_to_another_call_is_none(services: Services) -> None:
    for word in ("approve", "reject"):
        other = clearance(services, decided=ToolDecision(word, "uid:7", "0" * 64)).clear(CALL)
        assert other.question is not None


async def test_a_rejection_is_heard_with_its_words(services: Services) -> None:
    for words, ending in ((None, "uid:7."), ("not now", "uid:7: not now")):
        said = clearance(services, decided=ToolDecision("reject", "uid:7", DIGEST, words)).clear(CALL).said
        assert said is not None
        assert (said.state, said.text.endswith(ending)) == ("denied", True)


async def test_what_nobody_can_look_at_is_not_asked_about(services: Services) -> None:
    room = LARGEST_ASKED - len('{"path":"a","content":""}')
    for size, asked in ((room, True), (room + 1, False), (10 * room, False)):
        found = clearance(services).clear(ToolCall("c1", "write_file", {"path": "a", "content": "x" * size}))
        assert (found.question is not None) is asked


async def test_what_does_not_fit_or_is_not_there_is_not_asked_about(services: Services) -> None:
    for call in (ToolCall("c1", "write_file", {"path": "a"}), ToolCall("c1", "mcp__x__y", {})):
        found = clearance(services).clear(call)
        assert (found.question, found.said is not None and found.said.is_error) == (None, True)


def test_who_may_not_write_leaves_no_file(tmp_path: Path) -> None:
    action = AgentOrder(BOUND, "x", "t")
    order = WorkOrder("r", "n", 1, 1, "t", "k", action, str(tmp_path), str(tmp_path), artifact=ArtifactOrder("a.json"))
    failure = cannot_work(order, Policy(persona=(("write_file", "deny"),)))
    assert failure is not None
    assert (failure.code, failure.failure_class) == ("tool_denied", "configuration")
    assert cannot_work(order, Policy(persona=(("write_file", "ask"),))) is None
    own = cannot_work(order, Policy(node=(("*", "ask"),)), own_tools=True)
    assert own is not None
    assert own.code == "backend_unfit"
    assert cannot_work(order, Policy((("*", "deny"),)), own_tools=True) is None
