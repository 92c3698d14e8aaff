"""The methods about bundles: write one of a run, verify one and bring its history in."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.bundle.bringing import bring_in, read_bundle
from actors.bundle.sealing import BundleDamaged
from actors.bundle.writing import write_bundle
from actors.projection.messages import Rebuild
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.known import no_such_run
from actors.run.logbook import CorruptLog
from actors.runtime.base import PATIENT_S, Answer, Base
from actors.services import PROJECTOR
from storage import Receipt, StorageError, StreamDamaged, Transaction, Unavailable
from storage.codec import canonical
from storage.histories import EventIdTaken, EventSeqTaken
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params_histories as h
    from actors.refusals import Principal, RequestKey

__all__ = ["BundleMethods"]


class BundleMethods(Base):
    """A run as one file, out and in."""

    async def run_export(self, params: h.RunExport, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        target, line = Path(params.path), self.services.store.catalog.get(params.run_id)
        if not target.is_absolute():
            return _relative(params.path)
        if line is None or line.kind != "run":
            return no_such_run(params.run_id)
        with contextlib.suppress(ActorDead, AskTimeout, MailboxFull):  # what is not told yet is to be in it
            await self.system.ref(PROJECTOR).ask(Rebuild(params.run_id), timeout=PATIENT_S)
        try:
            answer = await write_bundle(self.services, line, target)
        except FileExistsError:
            text = f"{target} exists already, and an export never overwrites. Name a new place."
            return Refusal("export_exists", text, {"path": str(target)})
        except FileNotFoundError:
            return Refusal(
                "folder_not_found", f"There is no folder {target.parent}. Make it, or name another place.", {"path": str(target)}
            )
        except (CorruptLog, StreamDamaged) as error:
            return Refusal("run_log_unreadable", f"{error}. A run whose log cannot be read cannot be exported.", {"run_id": params.run_id})
        except OSError as error:
            return Refusal("export_failed", f"{target} could not be written: {error.strerror or error}", {"path": str(target)})
        return await self._noted(by, "run.export", params.run_id, {"path": str(target)}, answer, request)

    async def run_import(self, params: h.RunImport, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        source, store = Path(params.path), self.services.store
        if not source.is_absolute():
            return _relative(params.path)
        try:
            found = await store.aside(partial(read_bundle, source))
        except BundleDamaged as damaged:
            line, offset, what = damaged.args
            where = {"path": str(source), "line": line, "offset": offset, "what": what}
            return Refusal("bundle_damaged", f"{source}, {damaged}. Nothing was brought in; get the file anew.", where)
        except OSError as error:
            return Refusal("bundle_unreadable", f"{source} cannot be read: {error.strerror or error}", {"path": str(source)})
        answer = {**found.summary(), "new": 0}
        if not params.check and not await self.written_out(str(answer["run_id"])):
            text = (
                f"The history of {answer['run_id']} that is here cannot be written now, and so not be compared. Ask again; it does no harm."
            )
            return Refusal("unavailable", text, {"run_id": answer["run_id"]})
        self.importing.append(str(answer["run_id"]))
        try:
            answer["new"] = 0 if params.check else await bring_in(store, found)
        except (EventIdTaken, EventSeqTaken) as taken:
            text = f"{source} tells another history of {answer['run_id']} than the one that is here: {taken}"
            return Refusal(taken.code, text, {"run_id": answer["run_id"], "id": taken.args[1], "seq": taken.args[2]})
        finally:
            self.importing.remove(str(answer["run_id"]))
        return await self._noted(by, "run.import", str(answer["run_id"]), {"path": str(source), "check": params.check}, answer, request)

    async def _noted(
        self, by: Principal, method: str, subject: str, detail: dict[str, Any], answer: dict[str, Any], request: RequestKey
    ) -> Answer:
        """What was done is done, and would be done again to the same end; that it was is written down where that is possible."""
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(answer))
        entry = audit_entry(str(by), method, subject, detail, "ok")
        with contextlib.suppress(Unavailable, StorageError):
            await self.services.store.commit(Transaction(self.services.clock.now_ms(), receipt=receipt, audit=(entry,)))
        return answer


def _relative(path: str) -> Refusal:
    return Refusal("path_not_absolute", f"The path {path!r} is relative to nothing the daemon knows. Give an absolute one.")
