"""The notifier: sends what lies in the outbox, again and again until the hook has taken it or too long has passed.

A notification is written with the fact that it tells of, and marked as sent after it was sent: a death in between sends it twice, and
none is lost. The name by which the other side knows the second one is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.dead_letter.events import DeadLetterOpened
from actors.dead_letter.letter import name_of, write
from actors.notification.delivery import Parcel, deliver
from actors.notification.events import NotificationFailed, NotificationGivenUp, NotificationSent, notification_codec
from actors.notification.messages import LookAtOutbox, SendTest
from actors.notification.note import KIND, OVER, WAITING, Note, body_of, fold_note, written
from actors.notification.pace import next_try_ms
from actors.outside.trouble import Trouble
from actors.refusals import Refusal
from storage import Transaction, Unavailable, VersionConflict
from storage.codec import canonical
from supervision import Actor, Forwarded, Mailbox

if TYPE_CHECKING:
    from actors.entity import Fact
    from actors.notification.delivery import Hook
    from actors.services import Services
    from storage import Append
    from supervision import Timer
    from supervision.mailbox import Asked

__all__ = ["Notifier"]

AT_ONCE = 8
"""Tries under way at the same time."""
RARELY_S = 30.0
KEPT_MS = 604_800_000
"""What is over is forgotten after a week."""
TIDY_MS = 600_000


class Notifier(Actor[LookAtOutbox | SendTest]):
    """What it knows of notifications is read anew at each look; one that is being tried is left alone meanwhile."""

    mailbox = Mailbox(capacity=1024)
    accepts = (LookAtOutbox,)

    def __init__(self, services: Services, hook: Hook) -> None:
        self._services = services
        self._hook = hook
        self._under_way: set[str] = set()
        self._damaged: set[str] = set()
        self._timer: Timer | None = None
        self._tidied_ms = 0
        self._sent = self._failed = 0

    async def started(self) -> None:
        self._look()

    def status(self) -> str:
        """Counts since this incarnation began, for the tree."""
        waiting = self._services.store.catalog.count(KIND, WAITING)
        return f"{waiting} to be sent, {self._sent} sent, {self._failed} tries failed"

    async def receive(self, message: LookAtOutbox | SendTest) -> object:
        """Time, a new notification, or a person who wants to see whether it works."""
        match message:
            case SendTest():
                self.spawn(self._test, self.defer())
                return Forwarded()
            case LookAtOutbox():
                self._look()
                await self._tidy()
        return None

    def _look(self) -> None:
        """Begin with all that is due, as far as there is room."""
        now = self._services.clock.now_ms()
        left_alone = self._under_way | self._damaged
        room = AT_ONCE - len(self._under_way)
        lines = self._services.store.catalog.due(now, KIND, WAITING, limit=room + len(left_alone)) if room > 0 else []
        for line in [line for line in lines if line.stream not in left_alone][:room]:
            self._under_way.add(line.stream)
            self.spawn(self._one, line.stream)
        self._arm()

    def _arm(self) -> None:
        """At the time of the first one that is not due yet, and at least twice a minute; after each try there is a look anyway."""
        if self._timer is not None:
            self._timer.cancel()
        line = self._services.store.catalog.next_due(KIND, WAITING)
        left_s = RARELY_S if line is None or line.due_ms is None else (line.due_ms - self._services.clock.now_ms()) / 1000
        self._timer = self.after(min(RARELY_S, left_s) if left_s > 0 else RARELY_S, LookAtOutbox())

    async def _one(self, stream: str) -> None:
        try:
            await self._services.store.wait_writable()
            note = self._read(stream)
            if note is not None and note.status in WAITING:
                await self._commit(note, await self._try(note))
        finally:
            self._under_way.discard(stream)
        await self.ref.tell(LookAtOutbox())

    def _read(self, stream: str) -> Note | None:
        """One that cannot be read is left alone for as long as this daemon lives: `verify` says what is wrong with it."""
        journal = self._services.store.journal
        try:
            return fold_note(stream, ((notification_codec().decode(found), found.at_ms) for found in journal.read(stream)))
        except Unavailable:
            return None  # looked at again soon
        except Exception:  # noqa: BLE001  one broken log must not keep all others from being sent
            self._damaged.add(stream)
            return None

    async def _try(self, note: Note) -> Fact:
        """What came of one try."""
        parcel = Parcel(note.notification_id, note.event, canonical(body_of(note)), self._services.clock.now_ms())
        try:
            await deliver(self._hook, note.way, parcel)
        except Trouble as trouble:
            self._failed += 1
            return self._after(note, trouble)
        except Exception as error:  # noqa: BLE001  an error of ours with one notification must not stop the others
            self._failed += 1
            return self._after(note, Trouble("internal", f"an error of Penstock's own: {type(error).__name__}"))
        self._sent += 1
        return NotificationSent(count=note.count + 1)

    def _after(self, note: Note, trouble: Trouble) -> Fact:
        count, now = note.count + 1, self._services.clock.now_ms()
        due = next_try_ms(note.stream, count, now, trouble.not_before_ms)
        if due > note.queued_ms + self._hook.notify.give_up_after_ms:
            return NotificationGivenUp(count=count, code=trouble.code, message=trouble.message)
        return NotificationFailed(count=count, code=trouble.code, next_ms=due, message=trouble.message)

    async def _commit(self, note: Note, fact: Fact) -> None:
        """Record what came of it. While the disk takes nothing this waits, so that it is not sent again meanwhile."""
        now = self._services.clock.now_ms()
        appends = [written(note, fact, now)]
        if isinstance(fact, NotificationGivenUp):
            appends.append(_letter(note, fact, now))
        while True:
            try:
                await self._services.store.commit(Transaction(now, tuple(appends)))
            except Unavailable:
                await self._services.store.wait_writable()
            except VersionConflict:
                return  # it was removed with its run
            else:
                return

    async def _tidy(self) -> None:
        """Forget what has been over for long."""
        now = self._services.clock.now_ms()
        if now - self._tidied_ms < TIDY_MS:
            return
        self._tidied_ms = now
        try:
            for line in self._services.store.catalog.older(KIND, OVER, now - KEPT_MS):
                await self._services.store.purge(line.stream)
        except Unavailable:
            return  # the disk takes nothing: at another time

    async def _test(self, asked: Asked | None) -> None:
        answer: dict[str, Any] | Refusal
        if not self._hook.ways:
            text = "No hook is configured, so nobody is told anything. Set notify.command or notify.url; see docs/gates.md."
            answer = Refusal("notify_not_configured", text, {})
        else:
            now = self._services.clock.now_ms()
            about = {"prompt": "This is a test: no run needs you.", "decisions": [], "commands": []}
            name = f"test:{self._services.ids.nonce()}"
            note = Note("", name, "test", "", "", "", about, now, now, None)
            parcel = Parcel(name, "test", canonical(body_of(note)), now)
            answer = {"id": name, "ways": [await self._tested(way, parcel) for way in self._hook.ways]}
        if asked is not None:
            asked.answer(answer)

    async def _tested(self, way: str, parcel: Parcel) -> dict[str, Any]:
        began = self._services.clock.now_ms()
        found: dict[str, Any] = {"way": way, "ok": True}
        try:
            await deliver(self._hook, way, parcel)
        except Trouble as trouble:
            found = {"way": way, "ok": False, "code": trouble.code, "message": trouble.message}
        return found | {"took_ms": self._services.clock.now_ms() - began}


def _letter(note: Note, fact: NotificationGivenUp, now: int) -> Append:
    """What a person finds of it: which run wanted to say something, and why it could not."""
    opened = DeadLetterOpened(
        run_id=note.run_id, workflow_id=note.workflow_id, source_type="notification", node_id=str(note.about.get("node_id", "")),
        instance=int(note.about.get("instance", 0)), code="notification_undelivered", options=("ignore",), failure_class="outbox_send",
        message=f"{note.event} by notify.{note.way}: {fact.code}: {fact.message}", attempts=fact.count,
    )  # fmt: skip
    return write(name_of("notification", note.run_id, note.stream), None, opened, now)[0]
