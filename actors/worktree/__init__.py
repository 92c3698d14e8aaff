"""Worktrees: each run of a workflow that asks for one works in a worktree of its own, on a branch of its own.

`site` is what a run knows of it, `making` and `clearing` are done through `git`: by the `maker` for one run, by the `keeper` for those
that have ended.
"""
