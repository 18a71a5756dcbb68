"""Samples of upstream-name-stale."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_log_line
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult

CONF = "http { server { listen 8081; location / { proxy_pass http://bot.internal:12213; } } }"
FAILED = (
    "2026/11/23 15:23:37 [error] 7#7: *1 connect() failed (111: Connection refused) while "
    'connecting to upstream, client: ::1, request: "GET /sse HTTP/1.1", upstream: '
    '"http://%s:12213/sse"'
)


def fires() -> Case:
    """Nginx could not connect to 10.0.0.5, and the name leads to 10.0.0.9."""
    return by_name("10.0.0.9", "10.0.0.5")


def silent() -> Case:
    """Nginx asked the address that the name has: the port is refused there."""
    return by_name("10.0.0.9", "10.0.0.9")


def by_name(now: str, asked: str, conf: str = CONF, proxy: str = "502") -> Case:
    """A case with a 502 (or `proxy`): the direct URL's name leads to `now`; Nginx asked `asked`."""
    logs = (make_log_line(FAILED % asked),) if asked else ()
    case = make_case(proxy=proxy, direct="live", conf=conf, logs=logs)

    def moved(result: ProbeResult) -> ProbeResult:
        probe = replace(result.timeline.probe, url="http://bot.internal:12213/sse")
        return replace(result, timeline=replace(result.timeline, probe=probe, address=now))

    return replace(case, direct=tuple(map(moved, case.direct)))
