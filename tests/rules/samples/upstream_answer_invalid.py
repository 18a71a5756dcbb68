"""Samples of upstream-answer-invalid."""

from tests.rules.samples.build import make_case, make_log_line
from wizard.model.case import Case

_WHILE = "while reading response header from upstream, client: 10.0.0.1, server: , request: "
_REQUEST = '"GET /sse HTTP/1.1", upstream: "http://127.0.0.1:12213/sse"'


def _case(message: str, proxy: str) -> Case:
    text = f"2026/11/23 16:00:00 [error] 1#1: *1 {message} {_WHILE}{_REQUEST}"
    line = make_log_line(text, client="sse-proxy h1 identity")
    return make_case(proxy=proxy, direct="live", settings={}, logs=(line,))


def fires() -> Case:
    """Nginx names the header line for which it refuses the answer."""
    line = '"Transfer-Encoding: chunked"'
    return _case(f"upstream sent duplicate header line: {line}, previous value: {line}", "502")


def silent() -> Case:
    """Nginx passes over a header line that stands twice."""
    line = 'upstream sent duplicate header line: "Date: a", previous value: "Date: b", ignored'
    return _case(line, "502")
