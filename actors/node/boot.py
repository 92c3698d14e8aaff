"""How to start another Python on one of our modules that need the standard library only, without executing the packages above it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["arguments"]

_ROOT = str(Path(__file__).resolve().parents[2])
_CODE = """
import sys
root, module = sys.argv[1:3]
parents = module.split(".")[:-1]
for name in (".".join(parents[:n + 1]) for n in range(len(parents))):
    package = sys.modules[name] = type(sys)(name)
    package.__path__ = [root + "/" + name.replace(".", "/")]
__import__(module)
sys.modules[module].main(*sys.argv[3:])
"""


def arguments(module: str, *words: str) -> list[str]:
    """What follows the interpreter to have `main` of the module called with `words`."""
    return ["-c", _CODE, _ROOT, module, *words]
