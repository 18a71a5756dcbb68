"""Secrets planted in every input, looked for in every output."""
