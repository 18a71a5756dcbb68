"""Samples of six-connections."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.diagnose.outcome import classify
from wizard.model.case import Case


def fires() -> Case:
    """Over TLS; HTTP/2 was requested, HTTP/1.1 negotiated."""
    case = make_case(proxy="live", direct="live", settings={"proxy_read_timeout": "1h"})
    http2 = [
        replace(result.timeline, probe=replace(result.timeline.probe, http="2"))
        for result in case.proxy
    ]
    return replace(case, proxy=(*case.proxy, *map(classify, http2)))


def silent() -> Case:
    """Plain HTTP, over which browsers never use HTTP/2."""
    return make_case(proxy="live", direct="live", settings={"proxy_read_timeout": "1h"})
