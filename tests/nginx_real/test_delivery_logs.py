"""What Nginx logs of each cell of the delivery model, and what a read timeout does."""

import re

import pytest

from tests.nginx_real import cells
from tests.nginx_real.cells import CLIENTS, Location
from tests.nginx_real.observed import Logged, observe, run_of
from tests.nginx_real.test_delivery import modelled
from wizard.logs.formats import parse_line
from wizard.model.resolution import Client

pytestmark = pytest.mark.nginx

HELD_LOGS: dict[Client, Logged] = {
    "h1": Logged(499, 0, "200", ""),
    "h1-tls": Logged(499, 0, "200", ""),
    "h2": Logged(200, 0, "200", ""),
    "h2c": Logged(200, 0, "200", ""),
}
"""What is logged when the client of a held stream leaves: over HTTP/2 Nginx counts its own frames
as sent, so the status stays 200."""


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_logged_when_the_client_leaves(client: Client, nginx: str) -> None:
    observed = observe(nginx)
    for cell in (cell for cell in cells.MATRIX if cell.client == client):
        logged = observed.logged[cell.id]
        assert float(logged.upstream_header_time) >= 0
        if modelled(cell) == "live":
            assert (logged.status, logged.upstream_status) == (200, "200"), cell.id
            assert logged.bytes > 0, cell.id
        else:
            assert _without_time(logged) == HELD_LOGS[client], cell.id


def _without_time(logged: Logged) -> Logged:
    return Logged(logged.status, logged.bytes, logged.upstream_status, "")


def test_the_wizard_reads_those_lines(nginx: str) -> None:
    observed = observe(nginx)
    tags = {run_of(said.agent): said.tag for said in map(parse_line, observed.access.splitlines())}
    for cell in (cell for cell in cells.MATRIX if cell.client in ("h1", "h1-tls")):
        assert tags[cell.id] == ("live-200" if modelled(cell) == "live" else "held-499"), cell.id


def test_that_a_client_left_is_not_in_the_error_log(nginx: str) -> None:
    assert "prematurely closed" not in observe(nginx).errors


@pytest.mark.parametrize(
    ("location", "phrase", "tag"),
    [
        (cells.DRIED_UP, "reading upstream", "read-timeout"),
        (cells.NO_ANSWER, "reading response header from upstream", "header-timeout"),
    ],
)
def test_the_error_log_names_the_read_timeout(
    location: Location, phrase: str, tag: str, nginx: str
) -> None:
    lines = [line for line in observe(nginx).errors.splitlines() if f"/{location.name}/" in line]
    assert len(lines) == 1
    # What 110 is called is the C library's: glibc says Connection, musl Operation.
    said = rf"upstream timed out \(110: (Connection|Operation) timed out\) while {phrase}, client"
    assert re.search(said, lines[0])
    assert (parse_line(lines[0]).tag, parse_line(lines[0]).path) == (tag, f"/{location.name}/sse")


def test_the_read_timeout_ends_a_silent_stream_and_no_pinged_one(nginx: str) -> None:
    observed = observe(nginx)
    dried_up, no_answer, pinged = (observed.lines[cell.id] for cell in cells.TIMED)
    assert (dried_up.status, dried_up.bytes) == (200, 0)
    assert dried_up.ended in ("eof", "reset")
    assert no_answer.status == 504
    assert pinged.ended is None
    assert pinged.comments >= cells.OUTLIVED
    assert observed.resolution(cells.TIMED[0]).value("proxy_read_timeout") == "700ms"
