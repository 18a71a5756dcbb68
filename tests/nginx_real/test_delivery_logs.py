"""The log entries of each row of the delivery model, and those of a read timeout."""

import re

import pytest

from tests.nginx_real import delivery_rows
from tests.nginx_real.delivery_rows import CLIENTS, Location
from tests.nginx_real.observation import AccessEntry, observe, row_id_of
from tests.nginx_real.test_delivery import expected_result, for_pings
from wizard.logs.formats import parse_line
from wizard.model.resolution import Client

pytestmark = pytest.mark.nginx

HELD_LOGS: dict[Client, AccessEntry] = {
    "h1": AccessEntry(499, 0, "200", ""),
    "h1-tls": AccessEntry(499, 0, "200", ""),
    "h2": AccessEntry(200, 0, "200", ""),
    "h2c": AccessEntry(200, 0, "200", ""),
}
"""The entry when the client of a held stream disconnects. Over HTTP/2 Nginx counts its own frames
as sent, so the status stays 200."""


@pytest.mark.parametrize("client", CLIENTS)
def test_the_entry_when_the_client_disconnects(client: Client, nginx: str) -> None:
    observed = observe(nginx)
    for row in (row for row in delivery_rows.MATRIX_ROWS if row.client == client):
        logged = observed.logged[row.id]
        assert float(logged.upstream_header_time) >= 0
        if for_pings(expected_result(row)) == "live":
            assert (logged.status, logged.upstream_status) == (200, "200"), row.id
            assert logged.bytes > 0, row.id
        else:
            assert _without_time(logged) == HELD_LOGS[client], row.id


def _without_time(logged: AccessEntry) -> AccessEntry:
    return AccessEntry(logged.status, logged.bytes, logged.upstream_status, "")


def test_the_wizard_parses_these_entries(nginx: str) -> None:
    observed = observe(nginx)
    tags = {
        row_id_of(entry.agent): entry.tag for entry in map(parse_line, observed.access.splitlines())
    }
    for row in (row for row in delivery_rows.MATRIX_ROWS if row.client in ("h1", "h1-tls")):
        assert tags[row.id] == (
            "live-200" if for_pings(expected_result(row)) == "live" else "held-499"
        ), row.id


def test_a_client_that_disconnects_is_not_in_the_error_log(nginx: str) -> None:
    assert "prematurely closed" not in observe(nginx).errors


@pytest.mark.parametrize(
    ("location", "phrase", "tag"),
    [
        (delivery_rows.SILENT_STREAM, "reading upstream", "read-timeout"),
        (delivery_rows.NO_RESPONSE, "reading response header from upstream", "header-timeout"),
    ],
)
def test_the_error_log_names_the_read_timeout(
    location: Location, phrase: str, tag: str, nginx: str
) -> None:
    lines = [line for line in observe(nginx).errors.splitlines() if f"/{location.name}/" in line]
    assert len(lines) == 1
    # The text of error 110 is the C library's: Connection in glibc, Operation in musl.
    message = (
        rf"upstream timed out \(110: (Connection|Operation) timed out\) while {phrase}, client"
    )
    assert re.search(message, lines[0])
    assert (parse_line(lines[0]).tag, parse_line(lines[0]).path) == (tag, f"/{location.name}/sse")


def test_the_read_timeout_ends_a_silent_stream_but_not_one_with_pings(nginx: str) -> None:
    observed = observe(nginx)
    silent, no_response, pinging = (
        observed.timelines[row.id] for row in delivery_rows.TIMEOUT_ROWS
    )
    assert (silent.status, silent.bytes) == (200, 0)
    assert silent.ended in ("eof", "reset")
    assert no_response.status == 504
    assert pinging.ended is None
    assert pinging.comments >= delivery_rows.PINGS_BEYOND_TIMEOUT
    assert observed.resolution(delivery_rows.TIMEOUT_ROWS[0]).value("proxy_read_timeout") == "700ms"
