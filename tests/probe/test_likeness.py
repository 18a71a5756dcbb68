"""Whether a direct request failed in the way in which the proxied one did."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_timeline, resolve
from wizard.model.request_difference import Likeness
from wizard.model.timeline import Timeline
from wizard.probe.likeness import AnswerKind, likeness, message_answer, stream_answer

LIVE = AnswerKind("live", 200)
PLAIN = "server { listen 8081; location / { proxy_pass http://127.0.0.1:1; %s } }"
MASKED = PLAIN % "proxy_intercept_errors on; error_page 404 500 =200 /x; error_page 403 = /y;"


def timeline(kind: str) -> Timeline:
    if kind == "page":
        return replace(
            make_timeline("d", "html", "identity"), headers=(("content-type", "text/html"),)
        )
    if kind == "ended":
        return replace(make_timeline("d", "live", "identity"), ended="eof")
    return make_timeline("d", kind, "identity")


@pytest.mark.parametrize(
    ("proxied", "answer", "expected"),
    [
        ("421", "421", "alike"),
        ("421", "403", "other"),
        ("421", "live", "served"),
        ("421", "closed", "other"),
        ("502", "closed", "alike"),
        ("502", "502", "alike"),
        ("502", "held", "other"),
        ("504", "held", "alike"),
        ("504", "silent", "other"),
        ("held", "held", "alike"),
        ("held", "silent", "alike"),
        ("held", "closed", "other"),
        ("ended", "ended", "alike"),
        ("ended", "cut", "alike"),
        ("ended", "live", "served"),
        ("redirect:/x", "redirect:/y", "alike"),
        ("page", "page", "alike"),
        ("page", "404", "other"),
    ],
)
def test_what_nginx_makes_of_an_answer(proxied: str, answer: str, expected: Likeness) -> None:
    resolution = resolve(PLAIN % "", "http://127.0.0.1:8081/sse")
    kinds = (stream_answer(timeline(answer)), stream_answer(timeline(proxied)))
    assert likeness(*kinds, LIVE, resolution) == expected


@pytest.mark.parametrize(
    ("proxied", "answer", "expected"),
    [("page", "404", "alike"), ("page", "403", "alike"), ("page", "502", "other")],
)
def test_a_masked_status_is_compared_by_its_error_page(
    proxied: str, answer: str, expected: Likeness
) -> None:
    resolution = resolve(MASKED, "http://127.0.0.1:8081/sse")
    kinds = (stream_answer(timeline(answer)), stream_answer(timeline(proxied)))
    assert likeness(*kinds, LIVE, resolution) == expected


def test_a_get_that_is_refused_directly_may_be_served_so() -> None:
    """Streamable HTTP answers 405 to it."""
    resolution = resolve(PLAIN % "", "http://127.0.0.1:8081/sse")
    refused, direct = (stream_answer(timeline(kind)) for kind in ("403", "405"))
    assert likeness(direct, refused, direct, resolution) == "served"


def test_a_message_without_its_reply_is_not_served() -> None:
    accepted = replace(timeline("202"), status=202)
    assert message_answer(accepted, is_replied=True).kind == "live"
    silent = replace(accepted, ended="timeout")
    assert message_answer(silent, is_replied=False).kind == "silent"
    assert message_answer(timeline("400"), is_replied=True) == AnswerKind("status", 400)


def test_a_server_that_was_not_reached_is_unknown() -> None:
    unreached = replace(timeline("held"), ended="refused", connect_s=None)
    assert stream_answer(unreached).kind == "unknown"
