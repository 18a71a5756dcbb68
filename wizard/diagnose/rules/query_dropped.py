"""Nginx passes the message on without its query, and so without its session id."""

import re

from wizard.diagnose.facts import posts
from wizard.diagnose.facts.evidence import path_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.text.display import safe

UNKNOWN_SESSION = frozenset({400, 404, 422})
"""What servers answer to a message without a session id."""
_PASSED = re.compile(r"\w+://(?:\$\{?\w+\}?(?::\d+)?|[^$/]+)(.*)$", re.DOTALL)
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_WITH_QUERY = re.compile(r"args|query_string|request_uri|arg_\w+")
_PATH_ALONE = re.compile(r"uri|document_uri|\d+")


def check(rule: Rule, case: Case) -> Finding | None:
    """The POST is refused, the config drops the query that the endpoint names."""
    resolution = case.message_resolution
    if resolution is None or posts.reaches_backend(case) is False or not drops_query(resolution):
        return None
    failed = posts.failed_post(case)
    if failed is None:
        return (
            rule.finding("likely", _config(resolution), _LATENT, latent=True)
            if _due(case)
            else None
        )
    if failed.status not in UNKNOWN_SESSION:
        return None
    confidence: Confidence = "confirmed" if failed.accepted else "likely"
    return rule.finding(confidence, (*failed.evidence, *_config(resolution)), _DISTINGUISHES)


def _due(case: Case) -> bool:
    return posts.is_untried(case)


def drops_query(resolution: RequestResolution) -> bool:
    """Whether the config surely passes the request on without the query that it came with."""
    if (
        not resolution.request.query
        or resolution.upstream is None
        or resolution.upstream.kind != "proxy"
    ):
        return False
    passed, uri = resolution.upstream.passed, resolution.upstream.request_uri
    if "$" not in passed:
        return uri is not None and "?" not in uri
    path = _path(passed)
    if not path or _WITH_QUERY.search(passed) or "?" in path:
        return False
    return all(_is_path(resolution, name) for name in _VARIABLE.findall(path))


def _path(passed: str) -> str:
    """The path that is passed; a variable right behind the address belongs to it."""
    found = _PASSED.match(passed)
    return found[1] if found else ""


def _is_path(resolution: RequestResolution, name: str) -> bool:
    """Whether a variable holds the path, or a part of it, and so no query."""
    place = resolution.location.path if resolution.location else ""
    captured = re.search(rf"\(\?P?[<']{name}[>']", place)
    return bool(_PATH_ALONE.fullmatch(name) or captured)


def _config(resolution: RequestResolution) -> tuple[Evidence, ...]:
    upstream = resolution.upstream
    if upstream is None:
        return ()
    where = str(upstream.where or resolution.config.main)
    text = f"proxy_pass {safe(upstream.passed, 120)} passes exactly that path, without the query"
    if "$" not in upstream.passed:
        text = "a rewrite in this location drops the query"
    return (path_evidence(resolution), Evidence("config", where, text))


_DISTINGUISHES = (
    "The same message, with its query, is taken by the backend itself; the path that Nginx passes "
    "on is the right one, only the query is gone."
)
_LATENT = "Read from the config: no POST could be made, so it was not seen."

RULE = Rule(
    id="query-dropped",
    stage=Stage.MESSAGE,
    fix=Fix("append $is_args$args to the path in proxy_pass", "nginx"),
    check=check,
)
