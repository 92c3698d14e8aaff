"""Daemons that these tests kill at every commit are not measured: coverage at their start would be most of what they do."""

from __future__ import annotations

from tests.unmeasured import unmeasured

__all__ = ["unmeasured"]
