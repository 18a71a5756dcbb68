"""Access, error and backend logs: lines about our own probes, and a summary of earlier lines.

`LogWatch` in `watch.py` follows the logs of an investigation and returns one `LogReport` for each.
"""
