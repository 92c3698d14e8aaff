"""Whatever comes in whatever order: no slot and no workspace is given twice, nobody is passed over, and nothing is left behind."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.scheduler.messages import Ticket
from actors.scheduler.rules import Admission

AI = ("openai",)
IDS = st.sampled_from("abcdefg")
SPACES = st.sampled_from([None, "/x", "/y"])
STEPS = st.one_of(
    st.tuples(st.just("enqueue"), IDS, st.integers(0, 2), SPACES, st.sampled_from([None, 5, 10]), st.sampled_from("vw"), st.booleans()),
    st.tuples(st.just("leave"), IDS, st.booleans()),
    st.tuples(st.just("occupy"), IDS, SPACES, st.booleans()),
    st.tuples(st.just("throttle"), st.integers(0, 12)),
    st.tuples(st.just("oldest"), st.sampled_from([None, *"abcdefg"])),
    st.tuples(st.just("admit"), st.integers(0, 12)),
)


@given(st.lists(STEPS, max_size=40), st.integers(1, 4), st.booleans())
def test_no_slot_and_no_workspace_is_ever_given_twice_and_nobody_is_passed_over(
    steps: list[tuple[object, ...]], slots: int, single: bool
) -> None:
    older: dict[str, str] = {}
    rules, epoch, now = Admission(slots, single=single, oldest=older.get), 0, 0
    for step in steps:
        match step:
            case ("enqueue", str(run_id), int(priority), str() | None as workspace, int() | None as due, str(workflow), bool(special)):
                epoch += 1
                rules.enqueue(
                    Ticket(
                        run_id, ord(run_id), priority, workspace, due, epoch, workflow, 1 + priority, AI if special else (),
                        behind=workflow if special and workspace else None,
                    )
                )  # fmt: skip
            case ("leave", str(run_id), bool(keeps)):
                rules.leave(run_id, keeps_workspace=keeps)
            case ("occupy", str(run_id), str() | None as workspace, bool(slot)):
                rules.occupy(Ticket(run_id, ord(run_id), workspace=workspace, epoch=epoch), slot=slot)
            case ("throttle", int(until)):
                rules.throttle("openai", None, until, now)
            case ("oldest", str() | None as run_id):
                older.clear()
                if run_id is not None:
                    older["v"] = run_id
                rules.look_again()
            case ("admit", int(later)):
                now = max(now, later)
                before, held = (
                    len(rules.active),
                    {ticket.workspace for ticket in (*rules.active.values(), *rules.pausing.values())} - {None},
                )
                admitted = rules.admit(now)
                spaces = [space for run_id in admitted if (space := rules.active[run_id].workspace) is not None]
                assert len(spaces) == len(set(spaces))
                assert not held & set(spaces)
                assert not admitted or before + len(admitted) <= slots
                assert all(rules.reason(run_id, now) is not None for run_id in rules.queued)
                assert sum(rules.reasons(now).values()) == len(rules.queued)
        assert not set(rules.active) & set(rules.queued)
        assert not set(rules.pausing) & {*rules.queued, *rules.active}
    for run_id in "abcdefg":
        rules.leave(run_id)
    assert (rules.active, rules.pausing, rules.queued, rules._holders, rules._line._levels, rules._line._aside) == ({}, {}, {}, {}, {}, {})
