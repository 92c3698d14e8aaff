"""The methods about what is stored: verify it, copy it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import asdict

from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.runtime.base import Answer, Base
from storage import StorageError, Transaction, Unavailable

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal, RequestKey

__all__ = ["UpkeepMethods"]


class UpkeepMethods(Base):
    """Care of the memory."""

    async def audit_verify(self, params: p.Nothing, by: Principal) -> Answer:
        report = await self.services.store.verify()
        return {"ok": report.ok, "entries": report.entries, "problems": [asdict(damage) for damage in report.damage]}

    async def store_verify(self, params: p.Nothing, by: Principal) -> Answer:
        report = await self.services.store.verify()
        return {"ok": report.ok, "events": report.events, "problems": [asdict(damage) for damage in report.damage]}

    async def store_backup(self, params: p.StoreBackup, by: Principal, request: RequestKey) -> Answer:
        target = Path(params.path)
        if not target.is_absolute():
            return Refusal("path_not_absolute", f"The path {params.path!r} is relative to nothing the daemon knows. Give an absolute one.")
        try:
            made = await self.services.store.backup(target)
        except FileExistsError:
            return Refusal(
                "backup_exists", f"{target} exists already, and a backup never overwrites. Name a new place.", {"path": str(target)}
            )
        except FileNotFoundError:
            text = f"There is no folder {target.parent}. Make it, or name another place."
            return Refusal("folder_not_found", text, {"path": str(target)})
        except (OSError, StorageError) as error:
            code = error.code if isinstance(error, StorageError) else "backup_failed"
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            return Refusal(code, f"The backup to {target} could not be made: {reason}", {"path": str(target)})
        entry = audit_entry(str(by), "store.backup", str(target), {}, "ok")
        with contextlib.suppress(Unavailable):  # the copy is there and whole, which is what counts
            await self.services.store.commit(Transaction(self.services.clock.now_ms(), audit=(entry,)))
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(made).items()}
