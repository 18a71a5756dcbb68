"""Facts about log lines: in whose log they stand, and whose requests they show."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from wizard.diagnose.facts import addresses, posts
from wizard.model.case import Case
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence
from wizard.model.log_report import HELD_TAGS, LoggedFailure, LogLine, LogReport
from wizard.model.resolution import RequestResolution
from wizard.nginx.servers import choose_server
from wizard.text.display import labelled, safe

_DIRECT, _PROXIED = ("sse-direct ", "mcp-direct "), "sse-proxy "
"""How the labels of requests to the direct URL begin, and those of probes of the public URL."""
_SESSION = "mcp-proxy "
"""How the label of the requests of an MCP session at the public URL begins."""


def direct_in_log(case: Case) -> tuple[LogLine, ...]:
    """The lines of our direct requests in the access log of this Nginx.

    If there are any, the direct URL leads to the same Nginx and is not direct. Empty if there are
    none, or if the log is not known to be this Nginx's own: the access log of a backend holds our
    direct requests rightly, and the proxied ones too, since Nginx passes the User-Agent on.
    """
    own = (report for report in case.logs if _is_of_this_nginx(case, report))
    lines = (line for report in own for line in report.lines)
    return tuple(
        line for line in lines if line.kind == "access" and line.client.startswith(_DIRECT)
    )


def _is_of_this_nginx(case: Case, report: LogReport) -> bool:
    """True if the config names this log, or if it records the HTTP versions of our own requests.

    A proxy asks its backend in one HTTP version, whatever the client speaks.
    """
    lines = [line for line in report.lines if line.client.startswith(_PROXIED)]
    if not lines or any(" h1 " in line.client and 'HTTP/1.0"' in line.text for line in lines):
        return False
    versions = {version for line in lines for version in _same_version(line)}
    return versions == {"1", "2"} or _is_named_in_config(case, report.file)


def _same_version(line: LogLine) -> Iterator[str]:
    """The HTTP version of a logged request, if it is the one in which we sent it."""
    for version, text in (("1", "HTTP/1.1"), ("2", "HTTP/2.0")):
        if f" h{version} " in line.client and text in line.text:
            yield version


def error_log_was_read(case: Case) -> bool:
    """True if a log that was read is Nginx's error log, of a level that tells what failed."""
    return any(
        any(line.kind == "error" for line in report.lines)
        or _is_named_in_config(case, report.file, "error_log")
        for report in case.logs
        if not report.problem
    )


def _is_named_in_config(case: Case, file: str, directive: str = "access_log") -> bool:
    """True if a directive of the config writes this file, at the vantage of the config."""
    source = next((source for source in case.target.logs if str(source) == file), None)
    conf, resolution = case.target.conf, case.resolution
    if source is None or source.command or conf is None or resolution is None:
        return False
    if source.vantage != conf.vantage:
        return False
    paths = _log_paths(resolution.config.root, directive)
    return any(_is_same_file(path, source.locator) for path in paths)


_QUIET_LEVELS = ("crit", "alert", "emerg")
"""The levels of an error log that has no line about a failed request."""


def _log_paths(block: tuple[Directive, ...], name: str) -> Iterator[str]:
    """The files of all directives of this name in this block and the blocks in it."""
    for directive in block:
        if directive.name == name and directive.args and directive.args[-1] not in _QUIET_LEVELS:
            yield directive.args[0]
        yield from _log_paths(directive.block or (), name)


def _is_same_file(written: str, path: str) -> bool:
    """True if a path of the config, perhaps relative to Nginx's prefix, is this path."""
    written, path = posixpath.normpath(written), posixpath.normpath(path)
    return path == written or (not written.startswith("/") and path.endswith(f"/{written}"))


def standing_stream_lines(case: Case) -> tuple[LogLine, ...]:
    """The lines that say that nothing was passed on of the GET stream of our MCP session.

    Over HTTP+SSE the GET stream is that of the probes.
    """
    handshake = case.handshake("proxy")
    if handshake is None or handshake.transport == "http+sse":
        return ()
    lines = (line for report in case.logs for line in report.lines)
    held = (line for line in lines if line.ours and line.tag in HELD_TAGS and line.method == "GET")
    return tuple(line for line in held if line.client.startswith(_SESSION))


RECENT_S = 86_400
"""How old a line may be to tell of what is wrong now, in seconds: a day."""
_ZONES_S = 14 * 3600
"""How far a time without a known zone may be off, in seconds."""


@dataclass(frozen=True, slots=True)
class PathFailure:
    """Failed requests of other clients for a path of this stream.

    Attributes:
        file: The log.
        resolution: What the config does with that path; None without a config.
        is_outdated: True if the config was written or read by Nginx since, so that another one
            may have been in force.
    """

    file: str
    failure: LoggedFailure
    resolution: RequestResolution | None
    is_outdated: bool

    @property
    def evidence(self) -> Evidence:
        """How many lines, what they say, when the last was written, and that line."""
        text = labelled(self.failure.describe(), safe(self.failure.text, 600))
        return Evidence("log", self.file, text)


def failures_of_others(case: Case, *tags: str) -> tuple[PathFailure, ...]:
    """Recent failures of other clients that concern the stream's path or that of its messages.

    Lines about another path or another host accuse nobody, and old ones say nothing about now.
    """
    loaded = _last_loaded(case)
    found = (
        _path_failure(case, report, failure, loaded)
        for report in case.logs
        for failure in report.all_failures
        if failure.tag in tags and _is_recent(case, report, failure)
    )
    return tuple(failure for failure in found if failure is not None)


_UNREACHED = (
    "connect-failed", "no-live-peer", "name-unresolved", "resolver-missing", "upstream-tls",
)  # fmt: skip
"""Failures that concern every request: one that succeeds now shows that they are over."""


def unexplained_failures(case: Case) -> tuple[PathFailure, ...]:
    """Recent failures of other clients that our own success does not show to be over.

    A message may take longer than ours, or meet another worker of the backend.
    """
    over = {each.failure.path for each in failures_of_others(case, *_UNREACHED)}
    failures = failures_of_others(case, "premature-close", "gateway")
    return tuple(
        each
        for each in failures
        if not each.is_outdated and not _is_judged(each.failure)
        if each.failure.tag != "gateway" or each.failure.path not in over
    )


def _is_judged(failure: LoggedFailure) -> bool:
    """True for a 504 to a message, which the rule of `header-timeout-504` judges."""
    return failure.status == 504 and failure.method == "POST"


def _last_loaded(case: Case) -> float:
    """When the config in force was written or read by Nginx, as far as that is known, else 0."""
    started = [report.history.started for report in case.logs if report.history]
    modified = case.resolution.config.modified if case.resolution else None
    return max((at for at in (*started, modified) if at is not None), default=0.0)


def _is_recent(case: Case, report: LogReport, failure: LoggedFailure) -> bool:
    """True if the last of these lines was written within `RECENT_S` before the probes."""
    history = report.history
    is_vague = history is not None and history.own_clock
    now = case.started or (history.until if history else None)
    if failure.last is None or now is None:
        return False
    return now - failure.last <= RECENT_S + (_ZONES_S if is_vague else 0)


def _path_failure(
    case: Case, report: LogReport, failure: LoggedFailure, loaded: float
) -> PathFailure | None:
    """The failure, if it concerns a path of this stream."""
    for resolution, path in _paths_of(case):
        if is_same_route(path, failure.path) and _is_same_server(case, resolution, failure):
            # Logs name whole seconds.
            is_outdated = failure.last is not None and failure.last + 1 <= loaded
            return PathFailure(report.file, failure, resolution, is_outdated)
    return None


def _paths_of(case: Case) -> Iterator[tuple[RequestResolution | None, str]]:
    """The path of the messages, if it is known, and that of the stream."""
    stream, messages = urlsplit(case.target.url).path or "/", posts.message_path(case)
    if messages:
        yield case.message_resolution, messages
    if messages != stream:
        yield case.resolution, stream


_WITH_DIGIT = re.compile(r"(?!v\d{1,3}$)[^/]*\d[^/]*")
"""A segment of a path that may be an id; `v1` is the version of an interface."""


def is_same_route(first: str, second: str) -> bool:
    """True if two paths differ at most in the ids in them: `/threads/a1/stream`."""
    parts, others = first.rstrip("/").split("/"), second.rstrip("/").split("/")
    if not second or len(parts) != len(others):
        return False
    return all(
        part == other or (_WITH_DIGIT.fullmatch(part) and _WITH_DIGIT.fullmatch(other))
        for part, other in zip(parts, others, strict=True)
    )


def _is_same_server(
    case: Case, resolution: RequestResolution | None, failure: LoggedFailure
) -> bool:
    """True if the host of these requests leads to the same server, or if no line names a host."""
    own = (urlsplit(case.target.url).hostname or "").lower()
    if not failure.host or failure.host == own:
        return True
    if resolution is None or resolution.server is None:
        return own == "localhost" or addresses.is_ip_address(own)
    request = replace(resolution.request, host=failure.host)
    choice = choose_server(resolution.config, request)
    return choice is not None and choice.server is resolution.server.directive
