"""Many checks, and one long stream, in one process: nothing may grow. Run by `make soak`."""
