"""Samples of wrong-backend-path."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_follow_up
from wizard.model.case import Case
from wizard.model.request_difference import Difference

_CONF = """
server {
    listen 8081;
    location /app/ {
        proxy_pass http://127.0.0.1:12213;
        proxy_buffering off;
    }
}
"""
_PATH = Difference("uri", "", "/sse", "/app/sse")
_URL = "http://127.0.0.1:8081/app/sse"


def fires() -> Case:
    """The backend has /sse, and Nginx passes the public prefix on."""
    return _case(_PATH)


def silent() -> Case:
    """The same answer, and it is the Host that makes it."""
    return _case(Difference("host", "", "127.0.0.1:12213", "127.0.0.1"))


def _case(difference: Difference) -> Case:
    failed = replace(make_follow_up("as-sent", 404), differences=(difference,), likeness="alike")
    served = replace(make_follow_up("as-sent-without", 200), likeness="served")
    follow_ups = (failed, replace(failed, purpose="as-sent-with"), served)
    case = make_case(proxy="404", direct="live", url=_URL, conf=_CONF)
    return replace(case, follow_ups=follow_ups)
