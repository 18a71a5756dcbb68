"""Hostile inputs: servers, configs, logs, case files, far sides. Run by `make test-hostile`."""
