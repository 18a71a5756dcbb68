"""Samples of gzip-plus-buffering."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """gzip for all types, and a backend that answers in chunks."""
    return make_case(
        proxy="live",
        proxy_gzip="held",
        direct="live",
        settings={"proxy_buffering": "on", "gzip": "on", "gzip_types": "*"},
    )


def silent() -> Case:
    """The backend's own compression holds the stream."""
    return make_case(
        proxy="live",
        proxy_gzip="held",
        direct="live",
        direct_gzip="held",
        settings={"proxy_buffering": "on", "gzip": "off"},
    )
