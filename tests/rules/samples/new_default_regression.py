"""Samples of new-default-regression."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_log_line
from wizard.model.case import Case, FollowUpResult
from wizard.model.probe import Probe
from wizard.model.request_difference import Difference, Likeness
from wizard.model.timeline import Timeline


def fires() -> Case:
    """Nginx 1.31.3 with its defaults; the backend closes the connection on HTTP/1.1 alone."""
    return replace(untried(), follow_ups=_FOLLOW_UPS)


def untried() -> Case:
    """The same, where HTTP/1.0 was not tried."""
    return _case("1.31.3")


_VERSION = Difference("http-version", "", "1.0", "1.1")


def _asked(purpose: str, likeness: Likeness, *differences: Difference) -> FollowUpResult:
    timeline = Timeline(Probe("follow-up-direct", "http://127.0.0.1:12213/sse"))
    return FollowUpResult(purpose, timeline, "asked", differences, likeness)


_FOLLOW_UPS = (
    _asked("as-sent", "alike", _VERSION),
    _asked("as-sent-with", "alike", _VERSION),
    _asked("as-sent-without", "served"),
)


def silent() -> Case:
    """The same with an Nginx that uses HTTP/1.0 by default."""
    return _case("1.22.1")


def _case(version: str) -> Case:
    error = (
        "2026/11/23 16:00:00 [error] 71#71: *1 upstream prematurely closed connection while "
        'reading response header from upstream, client: 127.0.0.1, request: "GET /sse HTTP/1.1"'
    )
    conf = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } }"
    case = make_case(
        proxy="502",
        direct="closed",
        conf=conf,
        version=version,
        logs=(make_log_line(error),),
    )
    assert case.root is not None
    return replace(case, root=replace(case.root, status=502))
