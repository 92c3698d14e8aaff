"""The way to a model: what is asked and answered, the clients of the services that answer, and what happens when they do not."""
