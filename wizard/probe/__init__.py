"""HTTP requests, and their events as `Timeline`s.

- `probe.py`: one request; `request.py`: its content; `connection.py`, `network.py`: its transport.
- `sse.py`: the event stream decoder; `content_encoding.py`: gzip and deflate.
- `matrix.py`: several probes side by side; `waits.py`: how long each is waited for.
- `mcp/`: MCP handshakes. `followups/`: further requests that decide between causes.
- `curl.py`: the same request as a command; `www_authenticate.py`: the metadata URL of a 401.
"""
