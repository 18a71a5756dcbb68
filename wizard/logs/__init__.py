"""Access, error and backend logs: what they say about our own probes, and about the time before.

`LogWatch` in `watch.py` follows the logs of an investigation and returns one `LogReport` for each.
"""
