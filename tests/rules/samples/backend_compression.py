"""Samples of backend-compression."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult


def fires() -> Case:
    """The direct stream is live without gzip; with gzip only its headers arrive."""
    case = make_case(
        proxy="live",
        proxy_gzip="silent",
        direct="live",
        direct_gzip="silent",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
    )
    return replace(case, direct=(case.direct[0], _zipped(case.direct[1])))


def _zipped(result: ProbeResult) -> ProbeResult:
    timeline = result.timeline
    headers = (*timeline.headers, ("content-encoding", "gzip"))
    return replace(result, timeline=replace(timeline, headers=headers))


def silent() -> Case:
    """Nginx compresses, not the backend."""
    return make_case(
        proxy="live",
        proxy_gzip="held",
        direct="live",
        settings={"proxy_buffering": "on", "gzip": "on", "gzip_types": "*"},
    )
