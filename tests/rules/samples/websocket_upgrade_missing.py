"""Samples of websocket-upgrade-missing."""

from dataclasses import replace

from tests.rules.samples.build import DIRECT_URL, PROXY_URL, resolve
from wizard.diagnose.outcome import classify
from wizard.model.case import Case, FollowUpResult
from wizard.model.events import Chunk, Connected, Ended, Headers, Upgraded
from wizard.model.probe import Probe
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.model.upgrades import NO_UPGRADE

CONF = """
server {
    listen 8081;
    location / { proxy_pass http://127.0.0.1:12213; }
}
"""
PASSING = """
map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
server {
    listen 8081;
    location / {
        proxy_pass http://127.0.0.1:12213;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
    }
}
"""


def answer(status: int, body: str = "Upgrade Required", name: str = "sse-proxy") -> Timeline:
    """An answer of that status to a request for a WebSocket."""
    probe = Probe(name, PROXY_URL if name == "sse-proxy" else DIRECT_URL, upgrade=True)
    headers = (("content-length", str(len(body))),)
    return Timeline(probe).fold([
        Connected(0.001), Headers(0.002, status, "1.1", headers),
        Chunk(0.002, len(body), len(body), body), Ended(0.002, "eof"),
    ])  # fmt: skip


def opened(name: str = "sse-direct") -> Timeline:
    """A WebSocket that is open."""
    probe = Probe(name, PROXY_URL if name == "sse-proxy" else DIRECT_URL, upgrade=True)
    headers = Headers(0.002, 101, "1.1", ())
    return Timeline(probe).fold([Connected(0.001), headers, Upgraded(0.002), Ended(5.0, "open")])


def websocket_case(
    proxied: Timeline,
    direct: Timeline | None,
    conf: str = CONF,
    *,
    without_upgrade: int | None = None,
    version: str = "1.22.1",
) -> Case:
    """A case of a WebSocket; `without_upgrade` is the direct answer to an ordinary request."""
    resolution = resolve(conf, PROXY_URL, version) if conf else None
    directs = [direct] if direct else []
    follow_ups = tuple[FollowUpResult, ...]()
    if without_upgrade is not None:
        plain = answer(without_upgrade, name="follow-up-direct")
        timeline = replace(plain, probe=replace(plain.probe, upgrade=False))
        follow_ups = (FollowUpResult(NO_UPGRADE, timeline, "without the upgrade"),)
    return Case(
        Target(
            PROXY_URL,
            direct=(Source(DIRECT_URL),) if direct else (),
            conf=Source("nginx.conf") if conf else None,
            upgrade=True,
        ),
        proxy=(classify(proxied, directs),),
        direct=tuple(map(classify, directs)),
        resolution=resolution,
        follow_ups=follow_ups,
    )


def fires() -> Case:
    """The config passes nothing on, and the backend answers an ordinary GET alike."""
    return websocket_case(answer(426), opened(), without_upgrade=426)


def silent() -> Case:
    """The backend refuses the Origin; its WebSocket opens for others."""
    return websocket_case(answer(403), opened(), PASSING, without_upgrade=426)
