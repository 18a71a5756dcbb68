"""Samples of edge-challenge."""

from dataclasses import replace

from tests.rules.samples.build import make_case, with_answer
from wizard.model.case import Case

PAGE = "<html><head><title>Just a moment...</title></head>"
HTML = ("content-type", "text/html; charset=UTF-8")
MITIGATED = ("cf-mitigated", "challenge")


def fires() -> Case:
    """Cloudflare's challenge, marked by its header."""
    case = make_case(proxy="403", direct="live", settings={"proxy_buffering": "off"})
    case = with_answer(case, (HTML, MITIGATED, ("server", "cloudflare")), PAGE)
    return replace(case, logs=())


def silent() -> Case:
    """A page of 403 that is none of these."""
    case = make_case(proxy="403", direct="live", settings={"proxy_buffering": "off"})
    return with_answer(case, (HTML,), "<html><title>Forbidden</title></html>")
