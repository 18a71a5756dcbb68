"""Frozen values that the whole project shares, and parsing of what the user gave."""
