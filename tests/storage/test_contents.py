"""Contents that no log names any more are removed, an hour after the purge that made them so, and never one that is still named."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.blobs import Blobs
from storage.contents import Collected
from storage.records import Append, Headline, NewEvent
from storage.store import Store
from tests.storage.support import NOW, Clock, event, open_store, tx

HOUR = 3_600_000


def naming(stream: str, expected: int, *digests: str) -> Append:
    return Append(stream, expected, tuple(NewEvent("made", b'{"sha256":"%s"}' % digest.encode()) for digest in digests))


async def collected(store: Store, clock: Clock) -> Collected | None:
    """What the next round removes; None if none begins."""
    for _ in range(4):
        if (done := await store.collect()) is not None:
            return done
    return None


async def test_a_content_goes_an_hour_after_the_last_log_that_named_it(store: Store, clock: Clock) -> None:
    shared, own = await store.put_blob(b"shared"), await store.put_blob(b"own")
    await store.commit(tx(naming("run-1", 0, shared, own)))
    await store.commit(tx(naming("run-2", 0, shared)))
    clock.now += HOUR + 1
    assert await collected(store, clock) is None  # nothing was purged
    await store.purge("run-1")
    clock.now += HOUR
    assert await collected(store, clock) is None
    clock.now += 1
    assert await collected(store, clock) == Collected(1, 3, clock.now - HOUR - 1)
    assert list(store.blobs.digests()) == [shared]
    await store.purge("run-2")
    clock.now += HOUR + 1
    assert await collected(store, clock) == Collected(1, 6, clock.now - HOUR - 1)
    assert list(store.blobs.digests()) == []
    assert (await store.verify()).ok


async def test_a_round_is_recorded_and_not_begun_again_without_a_new_purge(folder: Path) -> None:
    clock = Clock()

    async def story() -> list[Collected | None]:
        found: list[Collected | None] = []
        with open_store(folder, clock=clock) as store:
            async with trio.open_nursery() as nursery:
                await nursery.start(store.serve)
                if not found and store.journal.head("run-1") == 0:
                    await store.commit(tx(naming("run-1", 0, await store.put_blob(b"x"))))
                    await store.purge("run-1")
                    clock.now += HOUR + 1
                found.append(await collected(store, clock))
                clock.now += 2 * HOUR
                found.append(await collected(store, clock))
                nursery.cancel_scope.cancel()
        return found

    first, second = await story(), await story()
    assert [one and one.contents for one in (*first, *second)] == [1, None, None, None]


async def test_a_name_anywhere_in_an_event_or_a_headline_keeps_a_content(store: Store, clock: Clock) -> None:
    kept = [await store.put_blob(data) for data in (b"a", b"b", b"c")]
    lost = await store.put_blob(b"d")
    text = b'{"deep": [{"note": "see sha256:%s, please"}]}' % kept[0].encode()
    line = Headline("flow", "workflow", "active", NOW, NOW, facts={"digest": kept[1]})
    await store.commit(tx(Append("odd", 0, (NewEvent("said", text),)), Append("flow", 0, (event(),), headline=line)))
    await store.commit(tx(naming("run-1", 0, *kept, lost), naming("run-2", 0, kept[2])))
    await store.purge("run-1")
    clock.now += HOUR + 1
    done = await collected(store, clock)
    assert done is not None
    assert (done.contents, sorted(store.blobs.digests())) == (1, sorted(kept))


async def test_what_is_named_while_the_round_lasts_stays(store: Store, clock: Clock) -> None:
    again, late, gone = [await store.put_blob(data) for data in (b"again", b"late", b"gone")]
    await store.commit(tx(naming("run-1", 0, again, late, gone)))
    await store.purge("run-1")
    clock.now += HOUR + 1
    assert await store.collect() is None  # the round has come to the end once
    await store.put_blob(b"again")  # somebody will name it
    await store.commit(tx(naming("run-2", 0, late)))  # somebody has
    done = await store.collect()
    assert done is not None
    assert (done.contents, set(store.blobs.digests())) == (1, {again, late})


async def test_a_young_content_is_left_for_a_later_round(store: Store, clock: Clock) -> None:
    first = await store.put_blob(b"first")
    await store.commit(tx(naming("run-1", 0, first)))
    await store.purge("run-1")
    clock.now += HOUR
    second = await store.put_blob(b"second")
    await store.commit(tx(naming("run-2", 0, second)))
    await store.purge("run-2")
    clock.now += 1
    assert await collected(store, clock) == Collected(1, 5, clock.now - HOUR - 1)
    clock.now += HOUR - 2
    assert await collected(store, clock) is None  # rounds are an hour apart
    clock.now += 2
    assert await collected(store, clock) == Collected(1, 6, clock.now - HOUR - 1)


async def test_a_long_log_is_walked_in_steps(store: Store, clock: Clock) -> None:
    kept, lost = await store.put_blob(b"kept"), await store.put_blob(b"lost")
    await store.commit(tx(naming("run-1", 0, lost)))
    await store.purge("run-1")
    for n in range(3):
        await store.commit(tx(Append("long", n * 3_000, tuple(event() for _ in range(3_000)))))
    await store.commit(tx(naming("last", 0, kept)))
    clock.now += HOUR + 1
    steps = 0
    while (done := await store.collect(rows=2_000)) is None:
        steps += 1
        assert steps < 20
    assert (done.contents, list(store.blobs.digests())) == (1, [kept])
    assert steps >= 4


async def test_while_a_copy_is_made_nothing_is_removed(store: Store, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = await store.put_blob(b"x")
    await store.commit(tx(naming("run-1", 0, digest)))

    await store.purge("run-1")
    clock.now += HOUR + 1
    store._copies += 1
    assert await collected(store, clock) is None
    store._copies -= 1
    assert (await store.backup(tmp_path / "copy.db")).blobs == 1
    assert await collected(store, clock) is not None


async def test_a_backup_passes_over_a_content_that_goes_at_that_moment(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, lost = await store.put_blob(b"kept"), await store.put_blob(b"lost")
    whole = Blobs.digests
    monkeypatch.setattr(
        Blobs, "digests", lambda self: [store.blobs.discard(lost), *[kept, lost]][1:] if self is store.blobs else whole(self)
    )
    assert (await store.backup(tmp_path / "copy.db")).blobs == 1


async def test_a_disk_that_takes_nothing_gives_the_round_up(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.commit(tx(naming("run-1", 0, await store.put_blob(b"x"))))
    await store.purge("run-1")
    clock.now += HOUR + 1
    assert await store.collect() is None
    with monkeypatch.context() as patch:
        patch.setattr(Store, "writable", False)
        assert await store.collect() is None
    assert store.blobs.stored is None
    clock.now += HOUR
    done = await collected(store, clock)
    assert done is not None
    assert done.contents == 1


async def test_what_cannot_be_taken_away_stays_and_breaks_nothing(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.commit(tx(naming("run-1", 0, await store.put_blob(b"x"))))
    await store.purge("run-1")
    clock.now += HOUR + 1

    def refuse(*_: object) -> None:
        raise PermissionError(13, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "collect", refuse)
        assert await collected(store, clock) is None
    assert len(list(store.blobs.digests())) == 1


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["name", "purge", "put", "step", "wait"])), max_size=40))
@settings(max_examples=60)
def test_no_content_that_a_log_names_is_ever_gone(tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[int, str]]) -> None:
    clock = Clock()

    async def live() -> None:
        named: dict[str, set[str]] = {}
        with open_store(tmp_path_factory.mktemp("memory") / "data", clock=clock, inline=True) as store:
            async with trio.open_nursery() as nursery:
                await nursery.start(store.serve)
                for number, act in acts:
                    stream = f"run-{number}"
                    if act in ("put", "name"):
                        digest = await store.put_blob(b"%d" % (number % 3))
                        if act == "name":
                            await store.commit(tx(naming(stream, store.journal.head(stream), digest)))
                            named.setdefault(stream, set()).add(digest)
                    elif act == "purge":
                        await store.purge(stream)
                        named.pop(stream, None)
                    elif act == "wait":
                        clock.now += HOUR // 2 + 1
                    else:
                        await store.collect()
                    assert set().union(*named.values()) <= set(store.blobs.digests())
                nursery.cancel_scope.cancel()

    trio.run(live)
