"""The requests between the client's own and the one that Nginx makes of it."""

from typing import Literal

import pytest

from wizard.model.config import Position
from wizard.model.sent_request import SentHeader, SentRequest
from wizard.probe.request_variants import Comparison, RawRequest, compare

LINE = Position("nginx.conf", 7)
OWN = RawRequest(
    "GET",
    "/sse?a=1",
    (("Host", "127.0.0.1:9"), ("Accept", "*/*"), ("Authorization", "Bearer tok3n-abcdef")),
)


def sent(
    *headers: SentHeader,
    uri: str | None = "/sse?a=1",
    http: Literal["1.0", "1.1", "2"] = "1.1",
    method: str = "GET",
    dropped: tuple[tuple[str, Position | None], ...] = (),
) -> SentRequest:
    kept = [SentHeader(name, value) for name, value in OWN.headers]
    names = {header.name.lower() for header in headers} | {name for name, _ in dropped}
    rest = tuple(each for each in kept if each.name.lower() not in names)
    return SentRequest(method, uri, http, (*headers, *rest), LINE, LINE, dropped=dropped)


def compared(request: SentRequest, known: tuple[str, ...] = ()) -> Comparison:
    comparison = compare(OWN, request, known)
    assert comparison is not None
    return comparison


def test_an_equal_request_has_no_difference() -> None:
    comparison = compared(sent())
    assert (comparison.differences, comparison.doubts) == ((), ())
    assert comparison.variant(()).wire == OWN.wire


def test_each_kind_of_difference_in_the_order_of_suspicion() -> None:
    comparison = compared(
        sent(
            SentHeader("X-New", "1", LINE),
            SentHeader("Host", "bots"),
            SentHeader("Connection", "close"),
            uri="/app",
            http="1.0",
            dropped=(("accept", LINE),),
        )
    )
    assert [each.text for each in comparison.differences] == [
        "with HTTP/1.0",
        "with Connection: close",
        "with Host: bots",
        "without the query",
        "with the path /app",
        "without Accept",
        "with X-New: 1",
    ]
    assert [each.where for each in comparison.differences] == [
        *(LINE, None, None, LINE, LINE, LINE, LINE)
    ]
    everything = comparison.variant(comparison.differences).wire.split(b"\r\n")
    assert everything == [
        b"GET /app HTTP/1.0",
        b"X-New: 1",
        b"Host: bots",
        b"Connection: close",
        b"Authorization: Bearer tok3n-abcdef",
        b"",
        b"",
    ]


def test_a_variant_has_the_chosen_differences_alone() -> None:
    comparison = compared(
        sent(SentHeader("Host", "bots"), SentHeader("Connection", "close"), uri="/app", http="1.0")
    )
    for chosen in comparison.differences:
        request = comparison.variant((chosen,))
        again = compare(OWN, _as_sent(request))
        assert again is not None
        assert [each.text for each in again.differences] == [chosen.text]


def _as_sent(request: RawRequest) -> SentRequest:
    http: Literal["1.0", "1.1"] = "1.0" if request.http == "1.0" else "1.1"
    headers = tuple(SentHeader(name, value) for name, value in request.headers)
    return SentRequest(request.method, request.uri, http, headers)


@pytest.mark.parametrize(
    "header",
    [
        SentHeader("Authorization", "Basic dXNlcjpwYXNz", LINE),
        SentHeader("X-Api-Key", "k3y-of-the-config", LINE),
        SentHeader("Cookie", "session=abcdef123456", LINE),
        SentHeader("X-Upstream-Secret", "hush", LINE),
    ],
    ids=lambda header: header.name,
)
def test_a_secret_of_the_config_is_never_sent(header: SentHeader) -> None:
    comparison = compared(sent(header, SentHeader("Host", "bots")))
    assert [each.text for each in comparison.differences] == ["with Host: bots"]
    everything = comparison.variant(comparison.differences).wire
    assert header.value is not None
    assert header.value.encode() not in everything
    assert (b"Bearer tok3n-abcdef" in everything) is True
    assert comparison.doubts == (
        f"nginx.conf:7: {header.name} has a secret of the config: it was not sent",
    )


def test_a_secret_of_the_client_is_sent_where_the_config_moves_it() -> None:
    moved = SentHeader("X-Token", "Bearer tok3n-abcdef", LINE)
    comparison = compared(sent(moved))
    assert [each.name for each in comparison.differences] == ["X-Token"]
    assert "tok3n" not in comparison.differences[0].text
    assert b"X-Token: Bearer tok3n-abcdef" in comparison.variant(comparison.differences).wire


def test_the_value_of_a_header_that_the_user_gave_is_not_shown() -> None:
    own = RawRequest("GET", "/", (("X-Team", "blue-whale"), ("Accept", "a/b")))
    headers = (SentHeader("X-Crew", "the blue-whale", LINE),)
    request = SentRequest("GET", "/", "1.1", headers, dropped=(("x-team", LINE), ("accept", LINE)))
    comparison = compare(own, request, given=own.headers)
    assert comparison is not None
    assert {each.name: (each.own, each.sent) for each in comparison.differences} == {
        "X-Team": ("[redacted-2]", None),
        "Accept": ("a/b", None),
        "X-Crew": (None, "[redacted-1]"),
    }


@pytest.mark.parametrize(
    ("known", "is_sent"), [((), False), (("http://a/sse?token=s3cr3t9",), True)]
)
def test_a_secret_in_the_uri(known: tuple[str, ...], *, is_sent: bool) -> None:
    comparison = compared(sent(uri="/sse?token=s3cr3t9"), known)
    assert bool(comparison.differences) is is_sent
    assert bool(comparison.doubts) is not is_sent
    assert all("s3cr3t9" not in each.text for each in comparison.differences)


def test_a_value_that_is_not_known_is_no_difference() -> None:
    comparison = compared(sent(SentHeader("X-Request-Id", None, LINE)))
    assert comparison.differences == ()
    assert "X-Request-Id is not known" in comparison.doubts[0]


def test_a_value_of_several_lines_is_not_sent() -> None:
    """A quoted value in the config may have them."""
    comparison = compared(sent(SentHeader("X-A", "b\r\nC: d", LINE)))
    assert comparison.differences == ()
    assert "line end" in comparison.doubts[0]


@pytest.mark.parametrize(
    "request_",
    [sent(uri=None), sent(uri="/a b"), sent(http="2"), sent(method="POST")],
    ids=["uri", "space", "http2", "method"],
)
def test_what_cannot_be_sent_is_not_compared(request_: SentRequest) -> None:
    assert compare(OWN, request_) is None


def test_a_line_end_in_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="line end"):
        assert RawRequest("GET", "/", (("A", "b\r\nC: d"),)).wire


def test_the_default_of_older_versions_is_the_first_request() -> None:
    comparison = compared(sent()).with_old_default()
    assert comparison.own.http == "1.0"
    assert comparison.own.values("connection") == ("close",)
    assert [each.text for each in comparison.differences] == ["with HTTP/1.1", "without Connection"]
