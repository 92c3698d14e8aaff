"""The version, as a constant: asking the installation for it would cost a tenth of the daemon's start."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"
