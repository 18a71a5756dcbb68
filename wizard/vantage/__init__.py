"""Run commands and HTTP requests from another place: over ssh, in a pod, in a network namespace.

`VantageSession` (session.py) discovers a vantage's tools and clock and starts remote processes
there, which a watchdog ends together with this program. `http/` makes a request with the vantage's
own tools, as a transport of httpx. `presets/` lists places to choose from.
"""
