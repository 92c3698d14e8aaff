"""Handoffs: files by which one workflow hands its work to another, and the watches that make a run of each."""
