"""What runs in the guardian process: standard library only, started with `python -I -S`. `wire` and `procfs` serve the daemon too."""
