"""An artifact counts only as a plain file inside the working folder that fits its schema."""

# ruff: noqa: PTH104, PTH208  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.node import artifact
from actors.node.artifact import clear, collect, digest_of
from actors.node.messages import ArtifactFact, Failure
from actors.node.orders import ArtifactOrder
from storage.blobs import Blobs
from tests.actors.node.support import Contents

NOTES = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "maximum": 5}}}


class Place:
    """A working folder, and what `collect` says of it."""

    def __init__(self, path: Path) -> None:
        self.path = path / "work"
        self.path.mkdir()
        self.fd = os.open(self.path, os.O_PATH | os.O_DIRECTORY)
        self.blobs = Blobs(path)
        self.contents = Contents(self.blobs)

    async def collect(self, path: str = "a", schema: object = None, cap: int = 1 << 30) -> ArtifactFact | Failure:
        return await collect(self.fd, ArtifactOrder(path, schema, "notes" if schema else None), self.contents, cap)

    async def code(self, path: str = "a", schema: object = None, cap: int = 1 << 30) -> str:
        found = await self.collect(path, schema, cap)
        assert isinstance(found, Failure), found
        assert found.failure_class == "artifact_contract_unmet"
        assert found.detail["path"] == path
        return found.code


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    os.close(place.fd)


@pytest.fixture(params=["openat2", "step by step"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of opening have to say the same."""
    if request.param == "step by step":

        def refuse(*_: object) -> int:
            raise OSError(38, "Function not implemented")

        monkeypatch.setattr("actors.node.openat2.openat2", refuse)


async def test_a_plain_file_is_stored_by_content(place: Place) -> None:
    (place.path / "deep").mkdir()
    (place.path / "deep" / "a").write_bytes(b"hello")
    digest = hashlib.sha256(b"hello").hexdigest()
    assert await place.collect("deep/a") == ArtifactFact("deep/a", digest, 5)
    assert place.blobs.get(digest) == b"hello"


@pytest.mark.parametrize("text", ['{"n": 5}', ' {"n": 1, "x": "' + "y" * 600_000 + '"}'])
async def test_one_that_fits_its_schema_is_stored_with_the_schemas_name(place: Place, text: str) -> None:
    (place.path / "a").write_text(text)
    found = await place.collect(schema=NOTES)
    assert isinstance(found, ArtifactFact)
    assert (found.schema, found.size) == ("notes", len(text))


async def test_one_that_does_not_fit_is_refused_with_the_first_five_errors(place: Place) -> None:
    (place.path / "a").write_text("[" + ", ".join(["9"] * 7) + "]")
    found = await place.collect(schema={"type": "array", "items": {"maximum": 5}})
    assert isinstance(found, Failure)
    assert found.code == "artifact_invalid"
    assert [error["path"] for error in found.detail["errors"]] == [f"$[{n}]" for n in range(5)]
    assert all(error["message"] for error in found.detail["errors"])


@pytest.mark.parametrize("data", [b"", b"{", b'{"n": 1, "n": 2}', b'{"n": NaN}', b"\xff", b"[" * 100 + b"]" * 100])
async def test_one_with_a_schema_has_to_be_strict_json(place: Place, data: bytes) -> None:
    (place.path / "a").write_bytes(data)
    assert await place.code(schema=NOTES) == "artifact_invalid"


async def test_one_that_is_not_there_is_missing(place: Place) -> None:
    assert await place.code() == "artifact_missing"
    assert await place.code("no/such") == "artifact_missing"


async def test_what_is_no_plain_file_is_refused_without_waiting_for_it(place: Place) -> None:
    os.mkfifo(place.path / "fifo")
    os.mknod(place.path / "device", 0o600 | 0o020000, os.makedev(1, 3))
    (place.path / "folder").mkdir()
    (place.path / "one").write_text("x")
    (place.path / "two").hardlink_to(place.path / "one")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(place.path / "socket"))
    codes = {name: await place.code(name) for name in ("fifo", "device", "folder", "one", "two", "socket")}
    server.close()
    assert set(codes.values()) == {"artifact_not_regular"}


async def test_no_link_is_followed_at_the_end_or_on_the_way(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("secret")
    (place.path / "real").mkdir()
    (place.path / "real" / "a").write_text("fine")
    (place.path / "link").symlink_to(tmp_path / "outside" / "a")
    (place.path / "way").symlink_to(tmp_path / "outside")
    (place.path / "inner").symlink_to("real")
    (place.path / "dangling").symlink_to("nowhere")
    assert {await place.code(path) for path in ("link", "way/a", "inner/a", "dangling")} == {"artifact_path_escapes"}


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "x/../../a", "", ".", "x/./a", "x//a", "a/", "a\0b"])
async def test_a_path_has_to_lead_downwards(place: Place, tmp_path: Path, path: str) -> None:
    (tmp_path / "a").write_text("secret")
    (place.path / "x").mkdir()
    assert await place.code(path) == "artifact_path_escapes"


async def test_a_file_in_the_place_of_a_folder_is_no_way(place: Place) -> None:
    (place.path / "x").write_text("")
    assert await place.code("x/a") == "artifact_unreadable"


async def test_one_that_is_too_large_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.path / "a").write_bytes(b"123456")
    assert await place.code(cap=5) == "artifact_too_large"
    monkeypatch.setattr(artifact, "_MOST_CHECKED", 5)
    assert await place.code(schema=NOTES) == "artifact_too_large"


async def test_a_link_that_comes_and_goes_never_leads_outside(place: Place, tmp_path: Path) -> None:
    """Somebody swaps the artifact and a link to a secret, as fast as he can."""
    (tmp_path / "secret").write_text("secret")
    secret = hashlib.sha256(b"secret").hexdigest()
    (place.path / "file").write_text("fine")
    (place.path / "trap").symlink_to(tmp_path / "secret")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for source in ("trap", "file"):
                os.link(place.path / source, place.path / "next", follow_symlinks=False)
                os.rename(place.path / "next", place.path / "a")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        found = {digest_of(str(place.path), "a") for _ in range(1500)}
    finally:
        stop.set()
        swapper.join()
    assert secret not in found
    assert None in found


async def test_what_changes_while_it_is_checked_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.path / "a").write_text('{"n": 1}')

    async def put_file(fd: int) -> tuple[str, int]:
        (place.path / "a").write_text('{"n": 9}')
        return await Contents(place.blobs).put_file(fd)

    monkeypatch.setattr(place.contents, "put_file", put_file)
    assert await place.code(schema=NOTES) == "artifact_unreadable"


async def test_a_store_that_fails_fails_the_artifact(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.path / "a").write_text("x")

    def full(_fd: int) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(place.blobs, "put_file", full)
    assert await place.code() == "artifact_unreadable"


def test_what_lay_there_before_is_removed_whatever_it_is(place: Place) -> None:
    (place.path / "target").write_text("keep")
    (place.path / "a").symlink_to("target")
    assert clear(place.fd, ArtifactOrder("a")) is None
    assert clear(place.fd, ArtifactOrder("a")) is None
    assert clear(place.fd, ArtifactOrder("no/such")) is None
    assert os.listdir(place.path) == ["target"]


def test_a_folder_in_its_place_is_left_alone(place: Place) -> None:
    (place.path / "a").mkdir()
    assert clear(place.fd, ArtifactOrder("a")) is None
    assert (place.path / "a").is_dir()


def test_nothing_outside_is_removed(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("keep")
    (place.path / "way").symlink_to(tmp_path / "outside")
    refused = clear(place.fd, ArtifactOrder("way/a"))
    assert refused is not None
    assert refused.code == "artifact_path_escapes"
    assert (tmp_path / "outside" / "a").exists()


def test_a_way_that_cannot_be_walked_is_told(place: Place) -> None:
    (place.path / "x").write_text("")
    refused = clear(place.fd, ArtifactOrder("x/a"))
    assert refused is not None
    assert refused.code == "artifact_unreadable"


def test_a_later_look_gives_the_digest_of_now(place: Place) -> None:
    (place.path / "a").write_text("one")
    assert digest_of(str(place.path), "a") == hashlib.sha256(b"one").hexdigest()
    (place.path / "a").write_text("two")
    assert digest_of(str(place.path), "a") == hashlib.sha256(b"two").hexdigest()
    (place.path / "a").unlink()
    assert digest_of(str(place.path), "a") is None
    assert digest_of(str(place.path / "gone"), "a") is None
