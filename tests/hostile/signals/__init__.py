"""Signals, stops and lost terminals, in the wizard and in `check`."""
