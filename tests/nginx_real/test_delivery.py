"""Every cell of the delivery model: read from the config by the wizard, and seen on real Nginx."""

import pytest

from tests.conftest import HTTP_1_1_DEFAULT_SINCE, parse_version
from tests.nginx_real import cells
from tests.nginx_real.cells import Cell, Location
from tests.nginx_real.observed import LEVELS, Observed, observe
from wizard.model.resolution import Client, UpstreamFraming
from wizard.model.timeline import Timeline
from wizard.nginx.delivery import FLUSHES_H2_HEADERS, gzip_applies, is_buffered, predict_delivery

pytestmark = pytest.mark.nginx

BUFFERED: dict[tuple[Client, UpstreamFraming], str] = {
    ("h1", "close"): "held",
    ("h1", "chunked"): "live",
    ("h1-tls", "close"): "held",
    ("h1-tls", "chunked"): "held",
    ("h2", "close"): "held",
    ("h2", "chunked"): "live",
    ("h2c", "close"): "held",
    ("h2c", "chunked"): "live",
}
"""The model's table: buffering on, gzip not applied."""


def modelled(cell: Cell) -> str:
    """What delivery-model.md says of a cell."""
    if cells.OFF in cell.location.lines:
        return "live"
    if cells.GZIP in cell.location.lines and cell.encoding == "gzip":
        return "held"
    return BUFFERED[cell.client, cell.location.framing]


def predicted(observed: Observed, cell: Cell) -> set[str]:
    """The rows that `inspect` gives for a cell."""
    return {
        row.result
        for row in observed.resolution(cell).delivery
        if (row.client, row.encoding) == (cell.client, cell.encoding)
        and row.upstream == cell.location.framing
    }


def worked_out(observed: Observed, cell: Cell, *, silent: bool = False) -> str:
    """The result of `predict_delivery` for the config, the backend and the client of this row."""
    resolution = observed.resolution(cell)
    settings = resolution.settings
    return predict_delivery(
        buffering=is_buffered(settings, resolution.prefix, cell.location.said),
        client=cell.client,
        gzip_applied=gzip_applies(settings, cell.encoding, cell.via),
        upstream=cell.location.framing,
        silent=silent,
        version=observed.version,
    )


def shown(line: Timeline) -> str:
    """What was seen, while the backend held the stream open."""
    if line.ended is not None:
        return f"ended: {line.ended}"
    if line.bytes == 0:
        return "held"
    return "live" if line.comments >= 2 else f"{line.bytes} bytes only"


@pytest.mark.parametrize("cell", cells.MATRIX, ids=lambda cell: cell.id)
def test_each_cell_is_predicted_and_seen(cell: Cell, nginx: str) -> None:
    observed = observe(nginx)
    assert predicted(observed, cell) == {modelled(cell)}
    assert shown(observed.lines[cell.id]) == modelled(cell)


@pytest.mark.parametrize("cell", cells.MATRIX, ids=lambda cell: cell.id)
def test_a_held_stream_has_headers_only_over_h2c(cell: Cell, nginx: str) -> None:
    line = observe(nginx).lines[cell.id]
    assert (line.headers_s is not None) == (modelled(cell) == "live" or cell.client == "h2c")
    if line.http is not None:
        assert line.http == ("2" if cell.client in ("h2", "h2c") else "1.1")


@pytest.mark.parametrize("cell", cells.SILENT, ids=lambda cell: cell.id)
def test_headers_of_a_silent_stream(cell: Cell, nginx: str) -> None:
    observed = observe(nginx)
    line = observed.lines[cell.id]
    at_once = cell.client == "h2c" or cells.OFF in cell.location.lines
    if cell.client == "h2" and parse_version(observed.version) < FLUSHES_H2_HEADERS:
        at_once = False
    assert (line.headers_s is not None) == at_once
    assert (line.bytes, line.ended) == (0, None)
    result = worked_out(observed, cell, silent=True)
    # Ended by close, the events would be held over h2c too, and that is what the model names.
    assert (result == "live") == (at_once and cell.id != "silent-close-h2c-identity")
    assert (result == "held") == (
        cells.OFF not in cell.location.lines
        and (cell.location.framing == "close" or cell.client == "h1-tls")
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no", "live"),
        ("no-ignored", "held"),
        ("no-kept", "live"),
        ("yes", "held"),
        ("yes-ignored", "live"),
        ("stripped", "held"),
        ("handed-on", "live"),
    ],
)
def test_the_backends_word_on_buffering(name: str, expected: str, nginx: str) -> None:
    observed, cell = observe(nginx), Cell(cells.X_ACCEL[name], "h1")
    assert worked_out(observed, cell) == expected
    assert shown(observed.lines[cell.id]) == expected


@pytest.mark.parametrize(("name", "passed_on"), [("no", None), ("no-kept", "no")])
def test_nginx_strips_x_accel_buffering(name: str, passed_on: str | None, nginx: str) -> None:
    line = observe(nginx).lines[Cell(cells.X_ACCEL[name], "h1").id]
    assert line.status == 200
    assert line.header("x-accel-buffering") == passed_on


@pytest.mark.parametrize(
    ("cell", "expected"), cells.SQUEEZED.items(), ids=lambda value: getattr(value, "id", value)
)
def test_when_gzip_applies(cell: Cell, expected: str, nginx: str) -> None:
    observed = observe(nginx)
    assert worked_out(observed, cell) == expected
    assert shown(observed.lines[cell.id]) == expected


@pytest.mark.parametrize(
    "cell",
    [cell for cell in cells.MATRIX if modelled(cell) == "live" or cell.client == "h2c"],
    ids=lambda cell: cell.id,
)
def test_what_is_compressed(cell: Cell, nginx: str) -> None:
    applied = cells.GZIP in cell.location.lines and cell.encoding == "gzip"
    line = observe(nginx).lines[cell.id]
    assert line.header("content-encoding") == ("gzip" if applied else None)


@pytest.mark.parametrize(
    ("location", "expected"),
    cells.INHERITED.items(),
    ids=lambda value: getattr(value, "name", value),
)
def test_the_innermost_location_decides(location: Location, expected: str, nginx: str) -> None:
    observed, cell = observe(nginx), Cell(location, "h1")
    assert predicted(observed, cell) == {expected}
    assert shown(observed.lines[cell.id]) == expected


@pytest.mark.parametrize(
    ("location", "expected"), cells.LEVELS.items(), ids=lambda value: getattr(value, "name", value)
)
def test_server_overrules_http_and_location_both(
    location: Location, expected: str, nginx: str
) -> None:
    observed, cell = observe(nginx, LEVELS), Cell(location, "h1")
    assert predicted(observed, cell) == {expected}
    assert shown(observed.lines[cell.id]) == expected


def test_the_default_of_proxy_http_version(nginx: str) -> None:
    observed, cell = observe(nginx), Cell(cells.DEFAULT, "h1")
    modern = parse_version(observed.version) >= HTTP_1_1_DEFAULT_SINCE
    resolution = observed.resolution(cell)
    assert resolution.value("proxy_http_version") == ("1.1" if modern else "1.0")
    assert resolution.settings["proxy_http_version"].where is None
    assert {row.upstream for row in resolution.delivery} == (
        {"chunked", "close"} if modern else {"close"}
    )
    assert shown(observed.lines[cell.id]) == ("live" if modern else "held")
