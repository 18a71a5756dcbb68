"""Every row of the delivery model: predicted from the config, and observed on a real Nginx."""

import pytest

from tests.conftest import HTTP_1_1_DEFAULT_SINCE, parse_version
from tests.nginx_real import delivery_rows
from tests.nginx_real.delivery_rows import DeliveryRow, Location
from tests.nginx_real.observation import LEVELS, Observation, observe
from wizard.model.resolution import Client, UpstreamFraming
from wizard.model.timeline import Timeline
from wizard.nginx.delivery import FLUSHES_H2_HEADERS, gzip_applies, is_buffered, predict_delivery

pytestmark = pytest.mark.nginx

BUFFERED: dict[tuple[Client, UpstreamFraming], str] = {
    ("h1", "close"): "held",
    ("h1", "chunked"): "tail-held",
    ("h1-tls", "close"): "held",
    ("h1-tls", "chunked"): "held",
    ("h2", "close"): "held",
    ("h2", "chunked"): "tail-held",
    ("h2c", "close"): "held",
    ("h2c", "chunked"): "tail-held",
}
"""The model's table: buffering on, gzip not applied."""


def for_pings(result: str) -> str:
    """What a result means for events as small as the backend's pings: only the ends of large ones
    are held."""
    return "live" if result == "tail-held" else result


def expected_result(row: DeliveryRow) -> str:
    """The result of a row in docs/delivery.md."""
    if delivery_rows.OFF in row.location.directives:
        return "live"
    if delivery_rows.GZIP in row.location.directives and row.encoding == "gzip":
        return "held"
    return BUFFERED[row.client, row.location.framing]


def inspected_results(observed: Observation, row: DeliveryRow) -> set[str]:
    """The results of the rows of `inspect` for this request."""
    return {
        delivery.result
        for delivery in observed.resolution(row).delivery
        if (delivery.client, delivery.encoding) == (row.client, row.encoding)
        and delivery.upstream == row.location.framing
    }


def predicted_result(observed: Observation, row: DeliveryRow, *, silent: bool = False) -> str:
    """The result of `predict_delivery` for the config, the backend and the client of this row."""
    resolution = observed.resolution(row)
    settings = resolution.settings
    return predict_delivery(
        buffering=is_buffered(settings, resolution.prefix, row.location.x_accel_buffering),
        client=row.client,
        compressed=gzip_applies(settings, row.encoding, row.via),
        upstream=row.location.framing,
        silent=silent,
        version=observed.version,
    )


def observed_result(timeline: Timeline) -> str:
    """The observed result for pings, while the backend keeps the stream open."""
    if timeline.ended is not None:
        return f"ended: {timeline.ended}"
    if timeline.bytes == 0:
        return "held"
    return "live" if timeline.comments >= 2 else f"{timeline.bytes} bytes only"


@pytest.mark.parametrize("row", delivery_rows.MATRIX_ROWS, ids=lambda row: row.id)
def test_each_row_is_predicted_and_observed(row: DeliveryRow, nginx: str) -> None:
    observed = observe(nginx)
    assert inspected_results(observed, row) == {expected_result(row)}
    assert observed_result(observed.timelines[row.id]) == for_pings(expected_result(row))


@pytest.mark.parametrize("row", delivery_rows.MATRIX_ROWS, ids=lambda row: row.id)
def test_a_held_stream_has_headers_only_over_h2c(row: DeliveryRow, nginx: str) -> None:
    timeline = observe(nginx).timelines[row.id]
    assert (timeline.headers_s is not None) == (
        for_pings(expected_result(row)) == "live" or row.client == "h2c"
    )
    if timeline.http is not None:
        assert timeline.http == ("2" if row.client in ("h2", "h2c") else "1.1")


@pytest.mark.parametrize("row", delivery_rows.SILENT_ROWS, ids=lambda row: row.id)
def test_the_headers_of_a_silent_stream(row: DeliveryRow, nginx: str) -> None:
    observed = observe(nginx)
    timeline = observed.timelines[row.id]
    at_once = row.client == "h2c" or delivery_rows.OFF in row.location.directives
    if row.client == "h2" and parse_version(observed.version) < FLUSHES_H2_HEADERS:
        at_once = False
    assert (timeline.headers_s is not None) == at_once
    assert (timeline.bytes, timeline.ended) == (0, None)
    result = for_pings(predicted_result(observed, row, silent=True))
    # With a response ended by close, events would be held over h2c too; the model has that result.
    assert (result == "live") == (at_once and row.id != "silent-close-h2c-identity")
    assert (result == "held") == (
        delivery_rows.OFF not in row.location.directives
        and (row.location.framing == "close" or row.client == "h1-tls")
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
def test_the_x_accel_buffering_header_of_the_backend(name: str, expected: str, nginx: str) -> None:
    observed, row = observe(nginx), DeliveryRow(delivery_rows.X_ACCEL[name], "h1")
    assert for_pings(predicted_result(observed, row)) == expected
    assert observed_result(observed.timelines[row.id]) == expected


@pytest.mark.parametrize(("name", "passed_on"), [("no", None), ("no-kept", "no")])
def test_nginx_strips_x_accel_buffering(name: str, passed_on: str | None, nginx: str) -> None:
    timeline = observe(nginx).timelines[DeliveryRow(delivery_rows.X_ACCEL[name], "h1").id]
    assert timeline.status == 200
    assert timeline.header("x-accel-buffering") == passed_on


@pytest.mark.parametrize(
    ("row", "expected"),
    delivery_rows.COMPRESSED.items(),
    ids=lambda value: getattr(value, "id", value),
)
def test_when_gzip_applies(row: DeliveryRow, expected: str, nginx: str) -> None:
    observed = observe(nginx)
    assert for_pings(predicted_result(observed, row)) == expected
    assert observed_result(observed.timelines[row.id]) == expected


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in delivery_rows.MATRIX_ROWS
        if for_pings(expected_result(row)) == "live" or row.client == "h2c"
    ],
    ids=lambda row: row.id,
)
def test_which_responses_are_compressed(row: DeliveryRow, nginx: str) -> None:
    applied = delivery_rows.GZIP in row.location.directives and row.encoding == "gzip"
    timeline = observe(nginx).timelines[row.id]
    assert timeline.header("content-encoding") == ("gzip" if applied else None)


@pytest.mark.parametrize(
    ("location", "expected"),
    delivery_rows.INHERITED.items(),
    ids=lambda value: getattr(value, "name", value),
)
def test_the_innermost_location_decides(location: Location, expected: str, nginx: str) -> None:
    observed, row = observe(nginx), DeliveryRow(location, "h1")
    assert set(map(for_pings, inspected_results(observed, row))) == {expected}
    assert observed_result(observed.timelines[row.id]) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    delivery_rows.LEVELS.items(),
    ids=lambda value: getattr(value, "name", value),
)
def test_the_server_level_overrules_http_and_the_location_overrules_both(
    location: Location, expected: str, nginx: str
) -> None:
    observed, row = observe(nginx, LEVELS), DeliveryRow(location, "h1")
    assert set(map(for_pings, inspected_results(observed, row))) == {expected}
    assert observed_result(observed.timelines[row.id]) == expected


def test_the_default_of_proxy_http_version(nginx: str) -> None:
    observed, row = observe(nginx), DeliveryRow(delivery_rows.DEFAULT, "h1")
    modern = parse_version(observed.version) >= HTTP_1_1_DEFAULT_SINCE
    resolution = observed.resolution(row)
    assert resolution.value("proxy_http_version") == ("1.1" if modern else "1.0")
    assert resolution.settings["proxy_http_version"].where is None
    assert {row.upstream for row in resolution.delivery} == (
        {"chunked", "close"} if modern else {"close"}
    )
    assert observed_result(observed.timelines[row.id]) == ("live" if modern else "held")
