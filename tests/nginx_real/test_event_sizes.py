"""Events of all sizes: which lose their end by the prediction, and on a real Nginx.

All is asserted in one test for each Nginx, so that the streams run once.
"""

from itertools import product

import pytest

from tests.conftest import parse_version
from tests.nginx_real.delivery_rows import CLIENTS, OFF, V10, V11, Location
from tests.nginx_real.paced_streams import PacedObservation, PacedRow, observe_paced
from wizard.lab.nginx_process import version

pytestmark = pytest.mark.nginx

SIZES = (
    500, 1_000, 3_000, 4_000, 4_096, 5_000, 7_000, 10_000, 16_384, 20_000, 40_000, 100_000, 200_000,
)  # fmt: skip
HTTP2_TO_UPSTREAM_SINCE = (1, 29, 4)
ONE_READ = 60_000
"""Loopback carries about 64 KB in one packet: whether Nginx reads a larger event at one time, and
so whether it comes whole where the buffer would take it, is a matter of luck."""
LARGE = "proxy_buffer_size 128k; proxy_buffers 8 64k; proxy_busy_buffers_size 192k; "


class FastCgiLocation(Location):
    """A location that passes on with FastCGI, and names the path in its first parameter."""

    def text(self) -> str:
        passing = f"fastcgi_param U $uri; fastcgi_pass ${self.backend};"
        return f"location /{self.name}/ {{ {self.directives}{passing} }}"


LOCATIONS = (
    Location("default", "paced", "chunked", V11),
    Location("large", "paced", "chunked", V11 + LARGE),
    Location("medium", "paced", "chunked", V11 + "proxy_buffer_size 8k; proxy_buffers 8 8k; "),
    Location("mixed", "paced", "chunked", V11 + "proxy_buffer_size 8k; proxy_buffers 4 16k; "),
    Location("close", "paced", "close", V10),
    FastCgiLocation("fastcgi", "paced", "close"),
    FastCgiLocation("fastcgi-kept", "paced", "frames", "fastcgi_keep_conn on; "),
    Location("off", "paced", "chunked", V11 + OFF),
)
TO_HTTP2 = Location("http2", "h2c/off/", "frames", "proxy_http_version 2; ")
"""HTTP/2 to another location of the same Nginx."""
HTTP2_ROWS = tuple(
    PacedRow(TO_HTTP2, client, size=size) for client in CLIENTS for size in SIZES[::3]
)
EDGES = tuple(
    PacedRow(location, "h1", size=size)
    for location, sizes in ((LOCATIONS[0], (4089, 4090)), (LOCATIONS[2], (8184, 8185)))
    for size in sizes
)
"""The largest events that fit a buffer of 4 KB and of 8 KB together with the chunk around them,
and the smallest that do not."""
IN_PARTS = tuple(
    PacedRow(location, client, size=300, in_parts=True)
    for location in (LOCATIONS[0], LOCATIONS[1], LOCATIONS[-1])
    for client in CLIENTS
)
"""Streams whose events Nginx reads at two times."""
ROWS = (
    *(
        PacedRow(location, client, size=size)
        for locations, sizes in ((LOCATIONS[:2], SIZES), (LOCATIONS[2:], SIZES[::3]))
        for location, client, size in product(locations, CLIENTS, sizes)
    ),
    *EDGES,
)


def test_prediction_and_observation_agree_at_every_size(nginx: str) -> None:
    has_http2 = parse_version(version(nginx)) >= HTTP2_TO_UPSTREAM_SINCE
    rows = (*ROWS, *(HTTP2_ROWS if has_http2 else ()))
    observed = observe_paced(nginx, (*rows, *IN_PARTS))
    wrong = [
        f"{row.id}: {observed.predicted(row)}, but missing were {observed.missing[row.id]}"
        for row in rows
        if not _agrees(observed, row)
    ]
    assert wrong == []
    cut = [(row.location.name, row.size) for row in EDGES if any(observed.missing[row.id])]
    assert cut == [("default", 4090), ("medium", 8185)]
    _assert_all_is_held_until_16_kb_have_gathered(observed)
    _assert_an_event_in_two_parts_loses_its_end_at_any_size(observed)


def _agrees(observed: PacedObservation, row: PacedRow) -> bool:
    predicted, missing = observed.predicted(row), observed.missing[row.id]
    if predicted.result == "held":
        return all(missing)
    if predicted.result == "live":
        return not any(missing)
    assert predicted.result == "tail-held"
    assert predicted.tail_from is not None
    if row.size >= predicted.tail_from:
        return missing[0] == 0 and any(missing)
    return row.size > ONE_READ or not any(missing)


def _assert_all_is_held_until_16_kb_have_gathered(observed: PacedObservation) -> None:
    """Over TLS and HTTP/1.1, for a chunked upstream."""
    for size in (500, 1_000, 3_000, 4_000):
        row = PacedRow(LOCATIONS[0], "h1-tls", size=size)
        assert observed.missing[row.id] == (13, *(13 + size * step for step in (1, 2, 3)))
        assert row.id not in observed.headers
    assert PacedRow(LOCATIONS[0], "h1-tls", size=20_000).id in observed.headers


def _assert_an_event_in_two_parts_loses_its_end_at_any_size(observed: PacedObservation) -> None:
    """So with buffering on no event is safe, however small."""
    for row in IN_PARTS:
        missing = observed.missing[row.id]
        assert all(missing[1:]) == (row.location is not LOCATIONS[-1]), row.id
