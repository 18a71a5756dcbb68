"""Samples of upstream-header-too-big."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case

_OFF = {"proxy_buffering": "off", "proxy_buffer_size": "4k"}


def fires() -> Case:
    """502, and the backend's own header is larger than the buffer."""
    cookie = {"set-cookie": f"session={'x' * 5000}"}
    return make_case(proxy="502", direct="live", settings=_OFF, direct_headers=cookie)


def silent() -> Case:
    """502, and the backend's header is small."""
    return make_case(proxy="502", direct="live", settings=_OFF)
