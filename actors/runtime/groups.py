"""The groups of a user, as the machine knows them."""

from __future__ import annotations

import grp
import os
import pwd

__all__ = ["groups_of"]


def groups_of(uid: int) -> frozenset[str]:
    """The names of all groups of the user, the primary one included; none for a user that nobody knows."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return frozenset()
    return frozenset(name for gid in os.getgrouplist(entry.pw_name, entry.pw_gid) if (name := _name(gid)) is not None)


def _name(gid: int) -> str | None:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None
