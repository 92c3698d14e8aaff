"""A real process is killed at every commit and after every reply; another one takes up what it left."""
