"""Samples of scheme-mismatch."""

from tests.rules.samples.build import make_case, with_answer
from wizard.model.case import Case

_PAGE = (
    "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>"
    "<center>The plain HTTP request was sent to HTTPS port</center><hr><center>nginx</center>"
)


def fires() -> Case:
    """400 with Nginx's page, and the config listens with TLS on that port."""
    return with_answer(make_case(proxy="400", direct="live", conf=_CONF % "8081 ssl"), body=_PAGE)


def silent() -> Case:
    """The same page from a backend behind a port of plain HTTP."""
    return with_answer(make_case(proxy="400", direct="live", conf=_CONF % "8081"), body=_PAGE)


_CONF = "server { listen %s; location / { proxy_pass http://127.0.0.1:12213; } }"
