"""Samples of outer-compression."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult

CONF = """
http { server { listen 8081; %s
location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off; } } }
"""


def fires() -> Case:
    """The compressed answer has headers and no event, and this Nginx does not compress."""
    return compressed(CONF % "")


def silent() -> Case:
    """This Nginx compresses it."""
    return compressed(CONF % "gzip on; gzip_types text/event-stream;")


def compressed(conf: str) -> Case:
    """A case whose proxied gzip probe is compressed and gets no event."""
    case = make_case(proxy="live", proxy_gzip="silent", direct="live", conf=conf)
    direct = [result.timeline for result in case.direct]

    def changed(result: ProbeResult) -> ProbeResult:
        timeline = result.timeline
        if timeline.probe.encoding == "identity":
            return result
        headers = (*timeline.headers, ("content-encoding", "gzip"))
        return classify(replace(timeline, headers=headers), direct)

    return replace(case, proxy=tuple(map(changed, case.proxy)))
