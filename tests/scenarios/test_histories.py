"""Public histories through the socket: told behind the run, over deaths and damage, with windows and single snapshots."""

# ruff: noqa: ASYNC110  # what the projector has told is looked at now and then

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve

from actors.config.sections import Projection
from supervision.testing import crash
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import system_of, tampered
from tests.scenarios.script import Hold, fail
from tests.scenarios.told import caught_up, names, snapshots, whole


async def test_a_run_is_told_with_all_its_phases(h: House) -> None:
    run_id = await h.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]")))
    await h.run_until(run_id, "awaiting_approval")
    await h.decide(run_id, "approve")
    await h.run_until(run_id)
    found = await whole(h, run_id)
    newest = found["snapshots"][-1]
    assert [(one.get("from_phase"), one["to_phase"]) for one in newest["phase_history"]] == [
        (None, "queued"), ("queued", "running_phase"), ("running_phase", "awaiting_approval"), (None, "queued"),
        ("queued", "running_phase"), ("running_phase", "completed"),
    ]  # fmt: skip
    assert (newest["status"], newest["phase"], newest["allowed_next_phases"]) == ("completed", "completed", [])
    phases = await h.call("projection.phases", run_id=run_id)
    assert [one["phase_transition"] for one in phases["transitions"]] == newest["phase_history"]
    assert (phases["phase"], phases["allowed_next_phases"], phases["caught_up"]) == ("completed", [], True)
    assert (await h.refused("projection.phases", run_id="run-nobody")).code == "run_not_found"
    assert (found["sequence_scope"], found["projected_records"]) == ("stateful_runtime", len(found["events"]))


async def test_p62_p63_windows_through_the_socket(h: House) -> None:
    run_id = await h.begin(flow(step("a")))
    await h.run_until(run_id)
    last = (await caught_up(h, run_id))["last_seq"]
    tail = await h.call("projection.events", run_id=run_id, tail=2, limit=7)
    assert ([event["seq"] for event in tail["events"]], tail["limit"], tail["count"]) == ([last - 1, last], 2, 2)
    limits = [(await h.call("projection.events", run_id=run_id, **asked))["limit"] for asked in ({"limit": 0}, {"limit": 5000}, {})]
    assert limits == [1, 1000, 250]
    assert (await h.call("projection.events", run_id=run_id, since_seq=last - 1))["events"][0]["seq"] == last
    for name, value in (("after_seq", -1), ("limit", "x"), ("tail", 1.5), ("before_seq", True)):
        refused = await h.refused("projection.events", run_id=run_id, **{name: value})
        assert (refused.code, refused.data["parameter"]) == ("invalid_parameter", name)
    assert (await h.refused("projection.snapshots", run_id=run_id, limit=[])).code == "invalid_parameter"
    assert (await h.refused("projection.events", run_id="run-nobody")).code == "run_not_found"
    assert (await h.refused("projection.snapshots", run_id="run-nobody")).code == "run_not_found"
    assert (await h.refused("projection.snapshots", run_id=run_id, snapshot_id="x")).code == "snapshot_not_found"
    elsewhere = await h.call("projection.events", run_id=run_id, org_id="org-b")
    assert (elsewhere["events"], elsewhere["last_seq"], elsewhere["caught_up"]) == ([], None, False)


async def test_one_snapshot_is_found_by_its_id_and_one_that_rotted_is_named(h: House) -> None:
    run_id = await h.begin(flow(step("a")))
    await h.run_until(run_id)
    kept = (await whole(h, run_id))["snapshots"]
    one = await h.call("projection.snapshots", run_id=run_id, snapshot_id=kept[2]["snapshot_id"])
    assert one["snapshots"] == [kept[2]]
    await h.stop()
    tampered(h, lambda db: db.execute("UPDATE history_snapshots SET body = x'78' WHERE seq = 3"))
    await h.start()
    assert (await h.refused("projection.snapshots", run_id=run_id, snapshot_id=kept[2]["snapshot_id"])).code == "snapshot_unreadable"
    made = await h.call("projection.rebuild", run_id=run_id)
    assert (made["materialised"], made["findings"]) == (1, ["snapshot_replaced"])
    assert await snapshots(h, run_id) == kept
    assert (await h.refused("projection.rebuild", run_id="run-nobody")).code == "run_not_found"


async def test_p91_a_reader_can_tell_what_is_not_told_yet(house: House) -> None:
    house.config = evolve(house.config, projection=Projection(poll_every_ms=400_000))
    await house.start()
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]")))
    await house.run_until(run_id)
    early = await house.call("projection.events", run_id=run_id)
    assert (await house.call("projection.phases", run_id=run_id))["phase"] is None
    assert (early["projected_records"], early["caught_up"], early["events"]) == (0, False, [])
    found = await caught_up(house, run_id)
    assert (found["projected_records"], found["caught_up"]) == (len(await house.names(run_id)), True)


async def test_p69_the_run_goes_on_while_nothing_can_be_told(h: House, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from actors.projection.bodies import Unreadable
    from actors.projection.passing import Passes

    def no(*_: object) -> None:
        raise Unreadable("run", "snapshot", "a test says so")

    with monkeypatch.context() as patch:
        patch.setattr(Passes, "from_cursor", no)
        patch.setattr(Passes, "from_zero", no)
        run_id = await h.begin(flow(step("a"), step("b", "needs: [a]")))
        assert (await h.run_until(run_id))["status"] == "completed"
        await trio.sleep(5)
        assert (await h.call("projection.events", run_id=run_id))["projected_records"] == 0
        assert "snapshot_unreadable" in capsys.readouterr().err
    await whole(h, run_id)


async def test_p77_the_actor_writes_an_unreadable_snapshot_anew_and_goes_on(h: House, capsys: Any) -> None:
    hold = Hold()
    h.script.on("b", hold, hold)
    run_id = await h.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    await caught_up(h, run_id)
    await h.stop()
    tampered(h, lambda db: db.execute("UPDATE history_snapshots SET body = x'78' WHERE seq = (SELECT max(seq) FROM history_snapshots)"))
    await h.start()
    hold.open()
    await h.run_until(run_id)
    found = await whole(h, run_id)
    assert found["snapshots"][-1]["status"] == "completed"
    said = capsys.readouterr().err
    assert ("snapshot_unreadable" in said, said.count("snapshot_replaced")) == (True, 1)


async def test_p76_a_death_after_each_write_leaves_what_a_life_without_deaths_leaves(house: House) -> None:
    house.config = evolve(house.config, projection=Projection(poll_every_ms=1000, batch=1))
    nodes = [step("n0"), *(step(f"n{n}", f"needs: [n{n - 1}]") for n in range(1, 22))]
    await house.start()
    await house.stop()
    house.config = evolve(house.config, projection=Projection(poll_every_ms=400_000))
    await house.start()
    run_id = await house.begin(flow(*nodes))
    await house.run_until(run_id)
    await house.crash()
    house.config = evolve(house.config, projection=Projection(poll_every_ms=1000, batch=1))
    house.revive, house.point.plan = True, [("projection.between", 2)] * 200
    await house.start()
    count = len(await house.events(run_id))
    assert count == 49
    while house.point.fired < count - 1:
        await trio.sleep(1)
    found = await whole(house, run_id)  # who asks has the rows written: again one entry in each life
    assert house.point.fired >= 2 * (count - 1)
    house.point.plan.clear()
    house.revive = False
    assert [event["seq"] for event in found["events"]] == list(range(1, count + 1))


async def test_p36_p37_p38_a_projector_that_crashes_begins_where_its_cursor_is(h: House) -> None:
    hold = Hold()
    h.script.on("b", hold)
    run_id = await h.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    before = await caught_up(h, run_id)
    crash(system_of(h), "history/apart/projector")
    await trio.sleep(1)
    await h.hang_up()
    hold.open()
    await h.run_until(run_id)
    found = await whole(h, run_id)
    assert found["events"][: len(before["events"])] == before["events"]


async def test_a_back_off_that_releases_its_run_is_told_as_retrying(h: House) -> None:
    h.script.on("a", fail())
    run_id = await h.begin(flow(step("a", "retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 30s}}")))
    await h.run_until(run_id)
    found = await whole(h, run_id)
    at = names(found).index("node_retry_backoff_scheduled")
    assert (found["snapshots"][at]["status"], found["snapshots"][at]["phase"]) == ("queued", "retrying")
    assert found["events"][at]["wait_kind"] == "retry_backoff"
    assert [one["phase"] for one in found["snapshots"]][-1] == "completed"
