"""Notifications: a hook that the settings name is told what needs a person, at least once, however often daemons die on the way."""
