"""Each group of servers is checked by one process; each server must be told apart."""

from pathlib import Path

import pytest

from tests.hostile.servers import encodings, framing, handshakes, heads, http2, streams
from tests.hostile.servers.inputs import Input, check_inputs

GROUPS: dict[str, tuple[Input, ...]] = {
    "lengths": framing.LENGTHS,
    "chunks": framing.CHUNKS,
    "status lines": heads.STATUS_LINES,
    "not HTTP": heads.NOT_HTTP,
    "interim": heads.INTERIM,
    "encodings": encodings.ENCODINGS,
    "types": encodings.TYPES,
    "h2 prefaces": http2.PREFACES,
    "h2 frames": http2.FRAMES,
    "h2 heads": http2.HEADS,
    "TLS": handshakes.CERTIFICATES,
    "WebSockets": handshakes.WEBSOCKETS,
    "MCP": handshakes.MCP,
    "fields": heads.FIELDS,
    "redirects": heads.REDIRECTS,
    "floods": streams.FLOODS,
    "event fields": streams.FIELDS,
    "endpoints": streams.ENDPOINTS,
}


@pytest.mark.parametrize("group", GROUPS)
def test_servers(group: str, tmp_path: Path) -> None:
    check_inputs([each for each in GROUPS[group] if not each.is_flood], tmp_path, parallel=4)


@pytest.mark.parametrize(
    "group", [name for name, inputs in GROUPS.items() if any(each.is_flood for each in inputs)]
)
def test_floods(group: str, tmp_path: Path) -> None:
    """One after the other: each keeps a processor busy, so others would be late beside it."""
    check_inputs([each for each in GROUPS[group] if each.is_flood], tmp_path, parallel=1)
