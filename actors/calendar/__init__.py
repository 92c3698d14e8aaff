"""Schedules: when runs are made without anybody who starts them, and what has become of each time that was due."""
