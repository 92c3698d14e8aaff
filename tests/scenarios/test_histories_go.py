"""Histories that are followed, removed with their run, written into bundles and brought in."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve

from actors.bundle.bringing import Contents, bring_in
from actors.config.sections import Retention
from actors.projection.projecting import Projection
from actors.runtime import bundles
from storage import Store, Unavailable
from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk, store_of
from tests.scenarios.script import fail
from tests.scenarios.told import ALWAYS, caught_up, whole


async def test_a_history_goes_with_its_run(h: House) -> None:
    run_id = await h.begin(flow(step("a")))
    await h.run_until(run_id)
    await caught_up(h, run_id)
    await h.call("run.purge", run_id=run_id)
    await trio.sleep(5)
    assert store_of(h).histories.of(run_id) == []
    assert (await h.refused("projection.events", run_id=run_id)).code == "run_not_found"


async def test_what_nobody_asked_for_is_forgotten_at_its_time_too(house: House) -> None:
    house.config = evolve(house.config, projection=ALWAYS, retention=Retention(sweep_every_ms=20_000))
    await house.start()
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    await house.run_until(run_id)
    await trio.sleep(5)
    [noted] = store_of(house).histories.of(run_id)
    assert (noted.noted, noted.cursor) == (True, len(await house.events(run_id)))
    house.clock.jump(40 * 86_400_000)
    await trio.sleep(60)
    found = await caught_up(house, run_id)
    marker, last = found["events"]
    assert (marker["seq"], last["seq"], found["projected_records"]) == (noted.cursor - 1, noted.cursor, noted.cursor)
    assert len((await house.call("projection.snapshots", run_id=run_id))["snapshots"]) == 3


async def test_a_writing_that_the_disk_cut_off_goes_on_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.config = evolve(house.config, projection=evolve(ALWAYS, batch=2))
    await house.start()
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]")))
    await house.run_until(run_id)
    await trio.sleep(5)
    calls, write = [0], Projection._write

    async def full(self: Projection, waiting: Any, outcomes: Any) -> None:
        calls[0] += bool(waiting)
        if waiting and calls[0] == 2:
            raise Unavailable("disk full")
        await write(self, waiting, outcomes)

    monkeypatch.setattr(Projection, "_write", full)
    early = await house.call("projection.events", run_id=run_id)
    assert (early["projected_records"], len(early["events"]), early["caught_up"]) == (2, 2, False)
    assert (await whole(house, run_id))["events"][:2] == early["events"]


async def test_public_events_are_followed_from_any_number(h: House) -> None:
    run_id = await h.begin(flow(step("a"), gate("ask", "needs: [a]")))
    await h.run_until(run_id, "awaiting_approval")
    seen: list[int] = []

    async def follow(after: int) -> None:
        async with await h.client() as client:
            name = (await client.call("projection.follow", {"run_id": run_id, "after": after}))["subscription"]
            while True:
                params = (await client.next())["params"]
                assert params["subscription"] == name
                if "event" in params:
                    seen.append(params["event"]["seq"])
                if params.get("end"):
                    return

    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow, 3)
        await trio.sleep(5)
        await h.decide(run_id, "approve")
    assert seen == list(range(4, (await caught_up(h, run_id))["last_seq"] + 1))
    assert (await h.refused("projection.follow", run_id="run-nobody")).code == "run_not_found"


async def test_a_run_goes_out_as_a_bundle_and_its_history_comes_in(h: House) -> None:
    run_id = await h.begin(flow(step("a"), step("b", "needs: [a]")))
    await h.run_until(run_id)
    path = h.folder / "r.penstock"
    asked = {"run_id": run_id, "path": str(path), "request_id": "out"}
    made = await h.call("run.export", **asked)
    assert (made["run_id"], await h.call("run.export", **asked)) == (run_id, made)
    found = await whole(h, run_id)
    assert (await h.refused("run.export", run_id=run_id, path=str(path))).code == "export_exists"
    assert (await h.refused("run.export", run_id=run_id, path=str(h.folder / "no" / "x"))).code == "folder_not_found"
    assert (await h.refused("run.export", run_id=run_id, path="x")).code == "path_not_absolute"
    assert (await h.refused("run.export", run_id="run-nobody", path=str(path))).code == "run_not_found"
    assert (await h.refused("run.import", path="x")).code == "path_not_absolute"
    assert (await h.refused("run.import", path=str(h.folder / "nothing"))).code == "bundle_unreadable"
    assert (await h.call("run.import", path=str(path)))["new"] == 0
    await h.call("run.purge", run_id=run_id)
    await trio.sleep(5)
    assert (await h.call("run.import", path=str(path), check=True))["new"] == 0
    brought = await h.call("run.import", path=str(path))
    assert brought["new"] == 2 * len(found["events"])
    again = await h.call("projection.events", run_id=run_id)
    assert (again["events"], again["caught_up"]) == (found["events"], True)
    bad = path.read_bytes().replace(b'"node_completed"', b'"node_complEted"', 1)
    path.write_bytes(bad)
    refused = await h.refused("run.import", path=str(path))
    assert (refused.code, refused.data["line"] > 3, refused.data["offset"] > 0) == ("bundle_damaged", True, True)


async def test_an_imported_history_is_removed_and_that_of_a_run_that_is_here_is_not(h: House) -> None:
    run_id = await h.begin(flow(step("a"), step("b", "needs: [a]")))
    await h.run_until(run_id)
    path = str(h.folder / "r.penstock")
    await h.call("run.export", run_id=run_id, path=path)
    found = await whole(h, run_id)
    assert (await h.refused("projection.remove", run_id=run_id)).code == "history_has_run"
    await h.call("run.purge", run_id=run_id)
    await trio.sleep(5)
    assert (await h.refused("projection.remove", run_id=run_id)).code == "history_not_found"
    await h.call("run.import", path=path)
    refused = await h.refused("run.purge", run_id=run_id)
    assert (refused.code, "--imported" in refused.message) == ("run_not_found", True)
    asked = {"run_id": run_id, "reason": "tidy", "request_id": "forget"}
    answer = await h.call("projection.remove", **asked)
    assert answer == {"run_id": run_id, "removed": True, "events": len(found["events"]), "snapshots": len(found["snapshots"])}
    assert (await h.refused("projection.events", run_id=run_id)).code == "run_not_found"
    assert (await h.refused("projection.remove", run_id=run_id)).code == "history_not_found"
    assert (await h.refused("projection.remove", run_id="run-other", request_id="forget")).code == "request_conflict"
    assert (await h.call("run.import", path=path))["new"] == 2 * len(found["events"])
    assert await h.call("projection.remove", **asked) == answer
    assert (await h.call("projection.events", run_id=run_id))["events"] == found["events"]
    with full_disk(h):
        assert (await h.refused("projection.remove", run_id=run_id)).code == "storage_full"
    await trio.sleep(60)
    assert (await h.call("projection.events", run_id=run_id))["events"] == found["events"]


async def test_a_history_is_not_removed_while_it_is_brought_in(h: House, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = await h.begin(flow(step("a")))
    await h.run_until(run_id)
    path, codes = str(h.folder / "r.penstock"), []
    await h.call("run.export", run_id=run_id, path=path)
    await h.call("run.purge", run_id=run_id)
    await trio.sleep(5)

    async def slowly(store: Store, found: Contents) -> int:
        new = await bring_in(store, found)
        async with await h.client() as other:
            with pytest.raises(Refused) as caught:
                await other.call("projection.remove", {"run_id": run_id, "request_id": "meanwhile"})
            codes.append(caught.value.code)
        return new

    monkeypatch.setattr(bundles, "bring_in", slowly)
    await h.call("run.import", path=path)
    assert codes == ["history_being_imported"]
    assert (await h.call("projection.remove", run_id=run_id))["removed"]


async def test_an_import_that_is_cut_off_is_done_again(h: House) -> None:
    run_id = await h.begin(flow(step("a")))
    await h.run_until(run_id)
    path = h.folder / "r.penstock"
    await h.call("run.export", run_id=run_id, path=str(path))
    kept = await whole(h, run_id)
    await h.call("run.purge", run_id=run_id)
    await trio.sleep(5)
    await h.stop()
    h.point.plan = [("projection.between", 1)]
    h.revive = True
    await h.start()
    assert (await h.call("run.import", path=str(path)))["run_id"] == run_id
    assert h.point.fired == 1
    assert (await h.call("projection.events", run_id=run_id))["events"] == kept["events"]


async def test_the_event_of_a_failure_says_why_and_its_snapshot_does_not(h: House) -> None:
    h.script.on("a", fail("the well is dry"))
    run_id = await h.begin(flow(step("a")))
    await h.run_until(run_id)
    found = await whole(h, run_id)
    said = next(one for one in found["events"] if one["event_type"].endswith("node_failed"))
    assert "the well is dry" in said["payload"]["metadata"]["message"]
    shots = (await h.call("projection.snapshots", run_id=run_id))["snapshots"]
    assert "the well is dry" not in str(shots)
