"""Samples of backend-ends-early."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.diagnose.outcome import classify
from wizard.model.case import Case

CONF = """
http { server { listen 8081; location / {
proxy_pass http://127.0.0.1:12213; proxy_buffering off; %s } } }
"""


def fires() -> Case:
    """The stream ends right after its first event, and Nginx asks with HTTP/1.0."""
    return ending(CONF % "", after_s=0.01)


def silent() -> Case:
    """It ends after a while: a timeout somewhere."""
    return ending(CONF % "", after_s=3.0)


def ending(conf: str, after_s: float) -> Case:
    """A case whose proxied streams end properly this long after their first event."""
    case = make_case(proxy="live", direct="live", conf=conf)
    direct = [result.timeline for result in case.direct]
    timelines = (
        replace(result.timeline, ended="eof", waited_s=0.006 + after_s) for result in case.proxy
    )
    return replace(case, proxy=tuple(classify(timeline, direct) for timeline in timelines))
