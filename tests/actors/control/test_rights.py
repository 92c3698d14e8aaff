from __future__ import annotations

import grp
import os
import pwd

import pytest

from actors.control.peers import GroupUnknown, Rights, rights_of


def test_uids_and_groups_of_the_settings_become_uids() -> None:
    mine = pwd.getpwuid(os.getuid())
    group = grp.getgrgid(mine.pw_gid).gr_name
    rights = rights_of(["1234", f"@{group}"], ["99"])
    assert {1234, mine.pw_uid} <= rights.operators
    assert rights.approvers == {99}
    assert rights.owner == os.getuid()


def test_a_group_that_does_not_exist_keeps_the_daemon_from_starting() -> None:
    with pytest.raises(GroupUnknown, match="no-such-group") as caught:
        rights_of(["@no-such-group"], [])
    assert (caught.value.code, caught.value.exit_code) == ("config_invalid", 78)


@pytest.mark.parametrize(
    ("rights", "uid", "read", "operate", "approve"),
    [
        (Rights(owner=1), 1, True, True, True),
        (Rights(owner=1), 2, False, False, False),
        (Rights(owner=1), 0, False, False, False),
        (Rights(owner=1, operators=frozenset({2})), 2, True, True, True),
        (Rights(owner=1, operators=frozenset({2}), approvers=frozenset({3})), 2, True, True, False),
        (Rights(owner=1, operators=frozenset({2}), approvers=frozenset({3})), 3, True, False, True),
        (Rights(owner=1, approvers=frozenset({3})), 1, True, True, True),
        (Rights(owner=1, operators=frozenset({65534})), 65534, False, True, True),
    ],
)
def test_who_may_do_what(rights: Rights, uid: int, *, read: bool, operate: bool, approve: bool) -> None:
    assert rights.may_connect(uid) == rights.may(uid, "read") == read
    assert (rights.may(uid, "operate"), rights.may(uid, "approve")) == (operate, approve)
