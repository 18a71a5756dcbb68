"""The usual advice's lines that are not needed, each with why: a reader may expect them.

Every claim was verified on real Nginx 1.22.1 and 1.31.3; see the incident's write-up.
"""

from collections.abc import Iterable

from wizard.recommend.block import Piece

_USUAL = (
    (
        "proxy_set_header X-Accel-Buffering no;",
        "it does nothing in Nginx: X-Accel-Buffering is a response header, set by the backend; as "
        "a request header it merely reaches the backend",
    ),
    (
        "proxy_connect_timeout 3600s;",
        "it has nothing to do with streaming, cannot usually exceed 75 s, and makes a dead peer "
        "hang the client; a few seconds are right",
    ),
    ("proxy_cache off;", "it is the default; only needed where a cache is inherited"),
    (
        "proxy_http_version 1.1;",
        "not required by event streams, and the default since Nginx 1.29.7",
    ),
    (
        "proxy_set_header Connection '';",
        "it only serves upstream keepalive, and a proxy_set_header here drops every one of the "
        "outer levels",
    ),
    ("gzip off;", "with buffering off each flush passes through gzip at once"),
)


def omitted(pieces: Iterable[Piece]) -> tuple[tuple[str, str], ...]:
    """The usual lines that the block does without."""
    present = {_key((piece.name, *piece.args)) for piece in pieces}
    return tuple(
        (line, why) for line, why in _USUAL if _key(line.rstrip(";").split()) not in present
    )


def _key(words: Iterable[str]) -> str:
    """What tells two lines apart: the directive, and for a header its name."""
    name, *args = words
    return f"{name} {args[0].lower()}" if name == "proxy_set_header" and args else name
