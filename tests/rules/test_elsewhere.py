"""Whether the backend that was asked directly is the one that Nginx asks."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.addresses import other_backend
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.log_report import LogReport


def case(peer: str, direct: str) -> Case:
    """Held through the proxy, live at `direct`."""
    known = make_case(
        proxy="held", direct="live", settings={"proxy_buffering": "on"}, peers=(peer,)
    )
    lines = (result.timeline for result in known.direct)
    moved = (replace(line, probe=replace(line.probe, url=f"http://{direct}/sse")) for line in lines)
    return replace(known, direct=tuple(map(classify, moved)))


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
def test_two_addresses_of_one_kind_are_two_backends(peer: str, direct: str, differs: bool) -> None:
    known = case(peer, direct)
    assert bool(other_backend(known)) is differs
    confidence = diagnose(known).causes[0].confidence
    assert (confidence == "possible") is differs


def test_a_config_that_does_not_listen_there_confirms_nothing_by_itself() -> None:
    known = case("bot:12213", "10.0.0.7:12213")
    assert known.resolution is not None
    there = replace(known, resolution=replace(known.resolution, listens=False))
    assert diagnose(there).causes[0].confidence == "possible"
    assert any("listens" in note for note in diagnose(there).notes)
    same = case("10.0.0.7:12213", "10.0.0.7:12213")
    assert same.resolution is not None
    mapped = replace(same, resolution=replace(same.resolution, listens=False))
    assert diagnose(mapped).causes[0].confidence == "likely"  # a port may be mapped
    line = '10.0.0.9 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 499 0 "-" "x"'
    ours = make_log_line(line, client="sse-proxy h1 identity")
    passed = replace(mapped, logs=(LogReport("access.log", (ours,), 1),))
    assert diagnose(passed).causes[0].confidence == "confirmed"
    others = replace(mapped, logs=(LogReport("access.log", (), 3),))
    assert diagnose(others).verdict == "inconclusive"
