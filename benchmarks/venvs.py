"""One venv for each peer, made on demand with pip at the versions that were measured. Standard library only."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

__all__ = ["PEERS", "python_of"]

FOLDER = Path(__file__).resolve().parent / "venvs"
PEERS = {
    "langgraph": ["langgraph==1.2.22", "langgraph-checkpoint==4.3.2", "langgraph-checkpoint-sqlite==3.1.2"],
    "dbos": ["dbos==3.4.0"],
    "huey": ["huey==3.5.4"],
    "ceiling": ["trio==0.35.0"],
}


def python_of(peer: str) -> Path:
    """The peer's interpreter; its venv is made if it is not there, or not complete."""
    place = FOLDER / peer
    complete = place / "complete"
    if not complete.exists():
        print(f"making the venv of {peer}: {' '.join(PEERS[peer])}", flush=True)
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([place / "bin" / "pip", "install", "--quiet", *PEERS[peer]], check=True)
        complete.touch()
    return place / "bin" / "python"
