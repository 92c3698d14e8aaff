"""The numbers that bound the control socket: one place, one record. Not configuration: the defaults hold unless a test narrows them."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Limits"]


@frozen
class Limits:
    """Sizes in bytes, times in seconds, counts as they say.

    Reserved connections and slots come on top of the ordinary ones and serve only the methods marked `reserved` in the table of methods.
    """

    frame: int = 1 << 20
    reply: int = 4 << 20
    depth: int = 64
    keys: int = 10_000
    string: int = 512 << 10

    connections: int = 1024
    connections_per_uid: int = 256
    reserved_connections: int = 32
    reserved_per_uid: int = 16
    backlog: int = 1024

    slots: int = 128
    reserved_slots: int = 128
    readers: int = 8
    subscriptions: int = 16

    frame_deadline: float = 5.0
    idle: float = 60.0
    reserved_idle: float = 5.0
    heartbeat: float = 30.0

    unsent: int = 256 << 10
    piece: int = 64 << 10
    stall: float = 5.0
    farewell: float = 1.0
    page: int = 100
