"""MCP handshakes: which transport a server uses, and how far a session gets over it.

`session.py` runs one handshake and finds the transport; `http_sse.py` and `streamable.py` hold the
transports; `exchange.py` sends one request; `messages.py` builds and reads JSON-RPC.
"""
