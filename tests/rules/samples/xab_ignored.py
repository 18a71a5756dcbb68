"""Samples of xab-ignored."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """The backend sends the header, and Nginx ignores it."""
    return make_case(
        proxy="held",
        direct="live",
        direct_headers={"x-accel-buffering": "no"},
        settings={"proxy_buffering": "on", "proxy_ignore_headers": "X-Accel-Buffering"},
    )


def silent() -> Case:
    """Held, and the backend never sent the header."""
    return make_case(
        proxy="held",
        direct="live",
        settings={"proxy_buffering": "on", "proxy_ignore_headers": "X-Accel-Buffering"},
    )
