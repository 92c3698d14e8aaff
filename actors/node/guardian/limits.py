"""What one process of a step may use at most, handed to the guardian when it starts. Pure."""

from __future__ import annotations

from attrs import fields, frozen

__all__ = ["Limits"]

MIB = 1 << 20


@frozen
class Limits:
    """Kernel limits of each process, None for those of the daemon. `processes` counts all of the user's, as the kernel does."""

    cpu_s: int | None = None
    memory_mib: int | None = None
    processes: int | None = None
    open_files: int | None = None
    file_mib: int | None = None

    def words(self) -> list[str]:
        """As the guardian reads them: `name=value`, bytes and seconds. A core dump would hold secrets, so there is none."""
        given = {one.name: getattr(self, one.name) for one in fields(Limits)}
        return [
            "core=0",
            *(f"{name.removesuffix('_mib')}={value * (MIB if name.endswith('_mib') else 1)}" for name, value in given.items() if value),
        ]
