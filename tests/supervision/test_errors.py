"""Errors say which path, and what happened there."""

from __future__ import annotations

import pytest

from supervision import ActorDead, AskTimeout, Failed, MailboxFull, RestartIntensityExceeded, StartFailed
from supervision.errors import AlreadyStarted, NotAccepted, UnknownActor


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MailboxFull("runs/a"), "full"),
        (ActorDead("runs/a"), "nobody"),
        (ActorDead("runs/a", Failed(ValueError("why"))), "why"),
        (AskTimeout("runs/a", 2.5), "2.5 s"),
        (StartFailed("runs/a", ValueError("why")), "why"),
        (AlreadyStarted("runs/a"), "taken"),
        (RestartIntensityExceeded("runs/a", 3, 60), "3 restarts in 60 s"),
        (UnknownActor("runs/a"), "no living actor"),
        (NotAccepted("runs/a", 7), "takes no int"),
    ],
)
def test_every_error_names_the_path_and_the_reason(error: Exception, words: str) -> None:
    assert "'runs/a'" in str(error)
    assert words in str(error)


def test_a_failed_start_keeps_its_cause() -> None:
    cause = ValueError()
    assert StartFailed("a", cause).__cause__ is cause
