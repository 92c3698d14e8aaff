"""Bundles: what is written is what is read, elsewhere, once; and every changed byte is found, with its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from actors.bundle.bringing import bring_in, read_bundle
from actors.bundle.sealing import PARTS, BundleDamaged, Sealer, opened
from actors.bundle.writing import write_bundle
from actors.projection.projecting import Projection
from actors.projection.reading import history_of, list_snapshots, query_events
from actors.run.logbook import CorruptLog
from actors.services import Services
from storage.histories import EventIdTaken, EventSeqTaken
from tests.actors.projection.test_projection import begun, done, sql
from tests.actors.run.house import services_at


def sealed(*lines: tuple[str, Any]) -> list[bytes]:
    sealer = Sealer()
    made = [sealer.line(part, value) for part, value in lines]
    return [*made, *sealer.finish({"run_id": "r"}).splitlines(keepends=True)]


WHOLE = sealed(("head", {"run_id": "r"}), ("inputs", {"a": 1}), ("log", {"seq": 1}))


def broken(lines: list[bytes]) -> tuple[int, int, str]:
    with pytest.raises(BundleDamaged) as damaged:
        list(opened(lines))
    assert f"line {damaged.value.args[0]}" in str(damaged.value)
    line, offset, what = damaged.value.args
    return line, offset, what


def test_a_bundle_is_read_as_it_was_sealed() -> None:
    parts = list(opened(WHOLE))
    assert parts[:3] == [("head", {"run_id": "r"}), ("inputs", {"a": 1}), ("log", {"seq": 1})]
    name, manifest = parts[3]
    assert (name, manifest["run_id"], set(manifest["parts"])) == ("manifest", "r", set(PARTS))
    assert manifest["parts"]["log"]["lines"] == 1


def test_each_changed_byte_is_found_in_its_line() -> None:
    begin = 0
    for number, line in enumerate(WHOLE, 1):
        for at in range(0, len(line), 7):
            changed = line[:at] + bytes((line[at] ^ 1,)) + line[at + 1 :]
            if changed.count(b"\n") != 1:
                continue  # another number of lines: below
            found, offset, _ = broken([*WHOLE[: number - 1], changed, *WHOLE[number:]])
            assert (found, offset) == (number, begin)
        begin += len(line)


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        ([], 1, "ends before its seal"),
        (WHOLE[:-1], 5, "ends before its seal"),
        (WHOLE[:2] + WHOLE[3:], 3, "the part log"),
        ([WHOLE[0], WHOLE[2], WHOLE[1], *WHOLE[3:]], 5, "the seal"),
        ([*WHOLE, b"x"], 6, "follows the seal"),
        ([*WHOLE[:4], WHOLE[2]], 5, "only the seal"),
        ([WHOLE[0][:-1]], 1, "no line"),
        ([*sealed(("head", 1))[:1], WHOLE[3]], 2, "the part head"),
    ],
    ids=["empty", "no-seal", "lost-line", "swapped", "more", "after-manifest", "cut", "foreign-manifest"],
)
def test_lines_that_are_lost_moved_or_added_are_found(lines: list[bytes], line: int, what: str) -> None:
    found, _, said = broken(lines)
    assert (found, what in said) == (line, True)


def _line(part: str, text: bytes) -> bytes:
    import hashlib

    body = part.encode() + b" " + text
    return hashlib.sha256(body).hexdigest()[:16].encode() + b" " + body + b"\n"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (_line("head", b"{no"), "no JSON"),
        (_line("surprise", b"1"), "no part 'surprise'"),
        (_line("manifest", b'{"penstock_bundle":2}'), "its format is 2"),
        (_line("manifest", b"7"), "its format is 7"),
        (_line("manifest", b'{"penstock_bundle":1,"parts":1}'), "the part head"),
        (_line("seal", b"1"), "the seal"),
        (_line("surprise", b"1").replace(b" 1", b" 2"), "of the part ?"),
    ],
    ids=["json", "part", "format", "no-manifest", "no-parts", "early-seal", "unknown-part"],
)
def test_what_was_never_a_bundle_is_refused(line: bytes, what: str) -> None:
    assert what in broken([line])[2]


async def told(services: Services) -> str:
    """A finished run whose history is told."""
    book = await begun(services)
    await done(book, "a", {"x": 1})
    await done(book, "b")
    await Projection(services, 256).tail([book.run_id])
    return book.run_id


def line_of(services: Services, run_id: str) -> Any:
    line = services.store.catalog.get(run_id)
    assert line is not None
    return line


async def test_what_is_exported_is_read_on_another_machine_and_once_more_changes_nothing(
    services: Services, tmp_path: Path, nursery: Any
) -> None:
    run_id = await told(services)
    made = await write_bundle(services, line_of(services, run_id), tmp_path / "r.penstock")
    assert (made["status"], made["bytes"]) == ("completed", (tmp_path / "r.penstock").stat().st_size)
    found = read_bundle(tmp_path / "r.penstock")
    assert set(found.parts) == {"head", "definition", "inputs", "log", "events", "snapshots", "ledger", "report"}
    assert [one["seq"] for one in found.parts["log"]] == list(range(1, len(found.parts["log"]) + 1))
    assert await bring_in(services.store, found) == 0
    with services_at(tmp_path / "elsewhere") as other:
        await nursery.start(other.store.serve)
        rows = len(found.parts["events"]) + len(found.parts["snapshots"])
        assert (await bring_in(other.store, found), await bring_in(other.store, found)) == (rows, 0)
        here, there = (history_of(one.store, run_id) for one in (services, other))
        assert query_events(other.store, there) == query_events(services.store, here)
        assert list_snapshots(other.store, there) == list_snapshots(services.store, here)
        nursery.cancel_scope.cancel()


async def test_another_history_of_the_same_run_is_refused_as_a_whole(services: Services, tmp_path: Path) -> None:
    run_id = await told(services)
    await write_bundle(services, line_of(services, run_id), tmp_path / "r")
    found = read_bundle(tmp_path / "r")
    found.parts["events"][-1] |= {"event_id": "another"}
    with pytest.raises(EventSeqTaken):
        await bring_in(services.store, found)
    found.parts["events"][-1] |= {"event_id": found.parts["events"][0]["event_id"]}
    with pytest.raises(EventIdTaken):
        await bring_in(services.store, found)


@pytest.mark.parametrize(
    "part", ["nobody", {"run_id": "s", "seq": 1}, {"run_id": "r", "seq": 1, "event_id": "e"}], ids=["text", "run", "half"]
)
def test_a_sealed_file_that_makes_no_sense_is_refused(tmp_path: Path, part: Any) -> None:
    (tmp_path / "r").write_bytes(b"".join(sealed(("head", {"run_id": "r"}), ("events", part))))
    with pytest.raises(BundleDamaged):
        read_bundle(tmp_path / "r")


async def test_nothing_is_left_of_an_export_that_fails(services: Services, tmp_path: Path) -> None:
    run_id = await told(services)
    sql(services, "UPDATE journal SET kind = 'nobody' WHERE seq = 4")
    line = line_of(services, run_id)
    with pytest.raises(Exception, match="not as it was written") as failed:
        await write_bundle(services, line, tmp_path / "r")
    assert not isinstance(failed.value, CorruptLog)
    assert os.listdir(tmp_path) == ["data"]  # noqa: PTH208  a folder of three names
    (tmp_path / "there").write_bytes(b"")
    with pytest.raises(FileExistsError):
        await write_bundle(services, line, tmp_path / "there")
    assert orjson.dumps(line.stream)
