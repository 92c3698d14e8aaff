"""The guardian: one small process per daemon that starts commands and ends whole process trees. What runs in it is in `inside`."""
