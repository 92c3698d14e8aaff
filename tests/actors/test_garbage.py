"""What the garbage collector looks at in a daemon that is up."""

from __future__ import annotations

import gc

from actors.garbage import YOUNG, look_rarely


def test_what_is_there_when_the_daemon_is_up_is_looked_at_no_more() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        look_rarely()
        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold() == (YOUNG, *before[1:])
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
