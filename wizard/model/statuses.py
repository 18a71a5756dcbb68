"""Statuses of HTTP by what they mean to a client (RFC 9110, section 15)."""

LOSES_METHOD = frozenset({301, 302, 303})
"""Redirects after which clients send a GET, whatever was sent before."""
REDIRECTS = LOSES_METHOD | {307, 308}
"""Redirects to the URL in the Location header."""
