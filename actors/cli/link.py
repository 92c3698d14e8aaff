"""The way to a daemon: the one that listens, or one that this process carries for as long as it is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from actors.control.client import Client, NoDaemon
from actors.paths import Places, resolve

if TYPE_CHECKING:
    import click

__all__ = ["Carrier", "Link", "Reader", "link_of"]


class Reader(Protocol):
    """Something that answers the methods that only read."""

    def call(self, method: str, params: dict[str, Any] | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """Ask and wait. Raises CallRefused."""
        ...


@frozen
class Carrier:
    """A daemon within reach. `embedded`: it lives in this process and ends with it."""

    link: Link
    embedded: bool

    def client(self) -> Client:
        """A connection of its own."""
        return self.link.client(patience=1.0)


@frozen
class Link:
    """Where things are, as the options and the environment say; what every command gets as its click object."""

    data: str | None = None
    socket: str | None = None
    config: str | None = None
    places: Places = field(init=False)

    @places.default
    def _resolve(self) -> Places:
        return resolve(os.environ, data=self.data, socket=self.socket, config=self.config)

    def client(self, *, patience: float = 0.0) -> Client:
        """A connection to the daemon that listens. Raises NoDaemon."""
        return Client(self.places.socket, patience=patience)

    def try_client(self) -> Client | None:
        """A connection, or None when nobody listens; a socket that refuses us is still an error."""
        try:
            return self.client()
        except NoDaemon as error:
            if error.denied:
                raise
            return None

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Whoever can answer questions: the daemon that listens, else the store itself. Raises NoDaemon where there is neither."""
        client = self.try_client()
        if client is not None:
            with client:
                yield client
            return
        if not (self.places.data / "penstock.db").exists():
            raise NoDaemon(self.places.socket, f"nobody listens, and {self.places.data} holds no data: nothing was ever run here")
        from actors.cli.offline import reading

        with reading(self.places) as archive:
            yield archive

    @contextmanager
    def carrier(self) -> Iterator[Carrier]:
        """The daemon that listens, else one of our own until the block ends. The refusals of its start carry code and exit code."""
        listening = self.try_client()
        if listening is not None:
            listening.close()
            yield Carrier(self, embedded=False)
            return
        from actors.daemon import embedded

        with embedded(self.places):
            yield Carrier(self, embedded=True)


def link_of(context: click.Context) -> Link:
    """The link of a command's context."""
    link = context.find_object(Link)
    return link if link is not None else Link()
