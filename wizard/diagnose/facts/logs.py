"""Facts about log lines: in whose log they stand, and whose requests they show."""

import posixpath
from collections.abc import Iterator

from wizard.model.case import Case
from wizard.model.config import Directive
from wizard.model.log_report import LogLine, LogReport

_DIRECT, _PROXIED = ("sse-direct ", "mcp-direct "), "sse-proxy "
"""How the labels of requests to the direct URL begin, and those of probes of the public URL."""


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


def _is_named_in_config(case: Case, file: str) -> bool:
    """True if an `access_log` of the config writes this file, at the vantage of the config."""
    source = next((source for source in case.target.logs if str(source) == file), None)
    conf, resolution = case.target.conf, case.resolution
    if source is None or source.command or conf is None or resolution is None:
        return False
    if source.vantage != conf.vantage:
        return False
    return any(_is_same_file(path, source.locator) for path in _log_paths(resolution.config.root))


def _log_paths(block: tuple[Directive, ...]) -> Iterator[str]:
    """The files of all `access_log` directives in this block and the blocks in it."""
    for directive in block:
        if directive.name == "access_log" and directive.args:
            yield directive.args[0]
        yield from _log_paths(directive.block or ())


def _is_same_file(written: str, path: str) -> bool:
    """True if a path of the config, perhaps relative to Nginx's prefix, is this path."""
    written, path = posixpath.normpath(written), posixpath.normpath(path)
    return path == written or (not written.startswith("/") and path.endswith(f"/{written}"))
