"""Agents with a command line of their own: how they are called, what they write while they work, and their process."""
