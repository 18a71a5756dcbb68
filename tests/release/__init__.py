"""The distribution: how it is built, the same by any machine. Run by `make test-dist`."""
