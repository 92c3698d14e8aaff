"""A run as one sealed file that another machine can verify and read."""
