"""Removing what has ended: runs with all that belongs to them, settled dead letters; and the archive that is made before."""
