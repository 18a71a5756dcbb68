"""Samples of cors."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.diagnose.facts.cors import ALLOW_ORIGIN
from wizard.model.case import Case


def fires() -> Case:
    """Nginx and the backend each allow all origins."""
    return _allowing("*", "*")


def silent() -> Case:
    """Only one of them does."""
    return _allowing("*")


def _allowing(*origins: str) -> Case:
    case = make_case(proxy="live", direct="live", settings={"proxy_read_timeout": "1h"})
    extra = tuple((ALLOW_ORIGIN, origin) for origin in origins)
    results = []
    for result in case.proxy:
        headers = (*result.timeline.headers, *extra)
        results.append(replace(result, timeline=replace(result.timeline, headers=headers)))
    return replace(case, proxy=tuple(results))
