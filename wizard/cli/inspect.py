"""`ssewizard inspect`: show what the config does with one path, without sending a request."""

import argparse
import asyncio
from urllib.parse import urlsplit

from wizard.cli.output import write_report
from wizard.cli.request import check_stdin, with_body
from wizard.diagnose.diagnose import config_findings
from wizard.model.client_request import ClientRequest
from wizard.model.parse import parse_conf, parse_header, parse_vantages
from wizard.model.resolution import Request, RequestResolution
from wizard.model.target import Http
from wizard.nginx.as_sent import as_sent
from wizard.nginx.fetch.fetch import fetch_config
from wizard.nginx.not_as_sent import why_not_as_sent
from wizard.nginx.resolve import plain_headers, resolve_request
from wizard.nginx.servers import requested_name
from wizard.report.as_sent import BackendRequest
from wizard.report.inspect import inspect_json, inspect_text
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr
from wizard.vantage.session import VantageSession


def inspect(options: argparse.Namespace) -> int:
    """Read the config, resolve the request, write the result; return the exit status."""
    _require_path(options.path)
    vantages = parse_vantages(options.vantage)
    source = parse_conf(options.conf, vantages)
    vantage = next((item for item in vantages if item.name == source.vantage), None)
    session = VantageSession(vantage) if vantage else None
    config = asyncio.run(fetch_config(source.locator, session, port=options.port))
    client = _client_of(options)
    resolution = resolve_request(config, _request(options, client))
    sent = _as_sent(resolution, client, options.http) if options.as_sent else None
    render = inspect_json if options.format == "json" else inspect_text
    write_report(render(resolution, config_findings(resolution), sent))
    return 0


def _require_path(path: str) -> None:
    """Raise `UsageError` with the option to write unless the path begins with a slash."""
    if path.startswith("/"):
        return
    shown = f"--path {safe(path, 200)!r}"
    try:
        parts = urlsplit(path)
    except ValueError:
        raise UsageError(tr("{shown}: a path begins with /, such as /sse", shown=shown)) from None
    if parts.scheme in ("http", "https") and parts.hostname:
        words = tr(
            "--path {path} --host {hostname} --scheme {scheme}",
            path=parts.path or "/",
            hostname=parts.hostname,
            scheme=parts.scheme,
        )
        raise UsageError(
            tr(
                "{shown}: a URL where a path is needed: {options}",
                shown=shown,
                options=safe(words, 200),
            )
        )
    raise UsageError(
        tr("{shown}: a path begins with /: --path /{path}", shown=shown, path=safe(path, 200))
    )


def _client_of(options: argparse.Namespace) -> ClientRequest:
    """The client's request; it accepts an event stream unless it says otherwise."""
    check_stdin(options)
    headers = tuple(parse_header(text) for text in options.header)
    if not any(name.lower() == "accept" for name, _ in headers):
        headers = (("Accept", "text/event-stream"), *headers)
    client = ClientRequest(method=options.request, headers=headers)
    return with_body(client, options.data).completed(is_sent=False)


def _request(options: argparse.Namespace, client: ClientRequest) -> Request:
    path, _, query = options.path.partition("?")
    hosts = (value for name, value in client.headers if name.lower() == "host")
    host = options.host or requested_name(next(hosts, "")) or None
    plain = plain_headers(client.headers)
    return Request(path, host, options.scheme, options.port, query, client.method, plain)


def _as_sent(resolution: RequestResolution, client: ClientRequest, http: Http) -> BackendRequest:
    size = None if client.body is None else len(client.body)
    sent = as_sent(resolution, client.headers, method=client.method, body_bytes=size, http=http)
    return BackendRequest(sent, client.headers, "" if sent else why_not_as_sent(resolution))
