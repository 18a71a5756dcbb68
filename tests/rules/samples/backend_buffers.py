"""Samples of backend-buffers."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Arrival, Timeline

_BUFFERS = (Arrival(2, 4096, 6, 496), Arrival(4, 4096, 7, 392), Arrival(6, 4096, 7, 288))
"""Twenty events of 600 bytes in three buffers, each of which ends in the middle of one."""


def _gathered(result: ProbeResult) -> Timeline:
    return replace(
        result.timeline,
        arrivals=_BUFFERS,
        bytes=12288,
        decoded=12288,
        events=20,
        last_byte_s=6.0,
        waited_s=8.0,
    )


def fires() -> Case:
    """Both streams come in full buffers, and Nginx does not buffer."""
    case = make_case(proxy="live", direct="live", settings={"proxy_buffering": "off"})
    direct, proxied = (list(map(_gathered, side)) for side in (case.direct, case.proxy))
    return replace(
        case,
        direct=tuple(map(classify, direct)),
        proxy=tuple(classify(timeline, direct) for timeline in proxied),
    )


def silent() -> Case:
    """The direct stream comes event by event."""
    case = make_case(proxy="live", direct="live", settings={"proxy_buffering": "on"})
    direct = [result.timeline for result in case.direct]
    return replace(case, proxy=tuple(classify(_gathered(each), direct) for each in case.proxy))
