"""Comparison of the direct URL's address with the one to which Nginx passes."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.addresses import other_backend
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.log_report import LogReport


def case(peer: str, direct: str) -> Case:
    """Return a case held through the proxy and live at `direct`."""
    held_case = make_case(
        proxy="held", direct="live", settings={"proxy_buffering": "on"}, peers=(peer,)
    )
    timelines = (result.timeline for result in held_case.direct)
    moved = (
        replace(timeline, probe=replace(timeline.probe, url=f"http://{direct}/sse"))
        for timeline in timelines
    )
    return replace(held_case, direct=tuple(map(classify, moved)))


@pytest.mark.parametrize(
    ("peer", "direct", "differs"),
    [
        ("127.0.0.1:8358", "127.0.0.1:8359", True),
        ("10.9.8.7:3000", "127.0.0.1:3000", True),
        ("[::1]:3000", "10.9.8.7:3000", True),
        ("[::1]:3000", "127.0.0.1:3000", False),
        ("localhost:3000", "127.0.0.1:3000", False),
        ("localhost:3000", "127.0.0.1:3001", True),
        ("bot:12213", "bot:12214", True),
        ("127.0.0.1:8358", "127.0.0.1:8358", False),
        ("bot:12213", "10.0.0.7:12213", False),
        ("bot:12213", "svc-bot.prod:12213", False),
    ],
)
def test_two_different_addresses_are_two_backends(peer: str, direct: str, differs: bool) -> None:
    held_case = case(peer, direct)
    assert bool(other_backend(held_case)) is differs
    confidence = diagnose(held_case).causes[0].confidence
    assert (confidence == "possible") is differs


def test_a_config_that_does_not_listen_on_the_port_confirms_nothing_by_itself() -> None:
    held_case = case("bot:12213", "10.0.0.7:12213")
    assert held_case.resolution is not None
    unlistened = replace(held_case, resolution=replace(held_case.resolution, listens=False))
    assert diagnose(unlistened).causes[0].confidence == "possible"
    assert any("listens" in note for note in diagnose(unlistened).notes)
    same_address = case("10.0.0.7:12213", "10.0.0.7:12213")
    assert same_address.resolution is not None
    mapped = replace(same_address, resolution=replace(same_address.resolution, listens=False))
    assert diagnose(mapped).causes[0].confidence == "likely"  # a port may be mapped
    timeline = '10.0.0.9 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 499 0 "-" "x"'
    own_line = make_log_line(timeline, client="sse-proxy h1 identity")
    logged = replace(mapped, logs=(LogReport("access.log", (own_line,), 1),))
    assert diagnose(logged).causes[0].confidence == "confirmed"
    unlogged = replace(mapped, logs=(LogReport("access.log", (), 3),))
    assert diagnose(unlogged).verdict == "inconclusive"
