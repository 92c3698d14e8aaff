"""What a type checker must accept and refuse in code written against the kernel. Never run: `mypy` over this file is the test.

A line that must be refused carries the error it is refused with; were it accepted, the unused ignore would be the error.
"""

from __future__ import annotations

from typing import assert_never, assert_type

from attrs import frozen

from supervision import Actor, ActorDead, ChildSpec, Dynamic, Exit, Failed, Killed, Normal, Ref, Request, Shutdown, Supervisor, System


@frozen
class Refused:
    code: str


@frozen
class Stop:
    reason: str


@frozen
class HowMany(Request[int | Refused]):
    what: str


class Counter(Actor[Stop | HowMany]):
    async def receive(self, message: Stop | HowMany) -> object:
        match message:
            case Stop():
                self.finish()
                return None
            case HowMany(what):
                return len(what)
            case _:
                assert_never(message)


async def an_answer_has_the_type_that_its_request_names(ref: Ref[Stop | HowMany]) -> int:
    answer = await ref.ask(HowMany("x"), timeout=1.0)
    assert_type(answer, int | Refused)
    match answer:
        case Refused(code):
            return len(code)
        case int():
            return answer
        case _:
            assert_never(answer)


async def only_messages_of_the_mailbox_can_be_told(ref: Ref[Stop | HowMany]) -> None:
    await ref.tell(Stop("enough"))
    ref.tell_nowait(Stop("enough"))
    await ref.tell("stop")  # type: ignore[arg-type]  # text is no message of this mailbox
    ref.tell_nowait(3)  # type: ignore[arg-type]  # nor is a number


async def what_is_no_request_cannot_be_asked(ref: Ref[Stop | HowMany]) -> None:
    await ref.ask(Stop("enough"), timeout=1.0)  # type: ignore[arg-type]  # a message without a reply type
    await ref.ask(HowMany("x"))  # type: ignore[call-arg]  # an ask without a deadline


def a_ref_for_more_serves_where_less_is_sent(wide: Ref[Stop | HowMany]) -> Ref[Stop]:
    return wide


def a_ref_for_less_does_not_serve_where_more_is_sent(narrow: Ref[Stop]) -> Ref[Stop | HowMany]:
    return narrow  # type: ignore[return-value]  # HowMany would arrive where nobody knows it


def every_exit_is_one_of_four(reason: Exit) -> str:
    match reason:
        case Normal() | Shutdown() | Killed():
            return "orderly or ordered"
        case Failed(error):
            assert_type(error, BaseException)
            return str(error)
        case _:
            assert_never(reason)


def a_child_is_described_in_the_words_of_otp() -> Supervisor:
    children = [ChildSpec("counter", Counter, restart="transient", shutdown=2.0)]
    ChildSpec("counter", Counter, restart="sometimes")  # type: ignore[arg-type]  # no restart type of OTP
    return Supervisor(children=children, strategy="rest_for_one", intensity=3, period=60.0)


async def a_dynamic_supervisor_hands_back_refs(crew: Dynamic, system: System) -> None:
    started = await crew.start(ChildSpec("counter", Counter, restart="temporary"))
    assert_type(started.path, str)
    assert_type(system.alive(started.path), bool)


def the_errors_of_an_ask_name_the_path(error: ActorDead) -> str:
    return assert_type(error.path, str)
