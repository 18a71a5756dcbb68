"""The client's request from the options `--request`, `--data`, `--header`, …, and `--curl`."""

from argparse import Namespace
from dataclasses import replace
from functools import partial

from wizard.cli.stdin import read_stdin
from wizard.model.body import MAX_BODY_BYTES, STDIN, read_body
from wizard.model.client_request import ClientRequest, body_type_of
from wizard.model.parse import check_url, is_websocket, parse_connect_to, parse_header
from wizard.text.errors import UsageError


def request_of(options: Namespace) -> ClientRequest:
    """The request that the options describe, with its method. Raises `UsageError`."""
    _check_stdin(options)
    given = ClientRequest(
        url=check_url(options.url) if options.url is not None else "",
        method=options.request,
        headers=tuple(parse_header(text) for text in options.header),
        insecure=options.insecure,
        http=options.http,
        upgrade=options.upgrade or is_websocket(options.url or ""),
        connect_to=parse_connect_to(options.connect_to) if options.connect_to else None,
    )
    return with_body(given, options.data).completed()


def with_body(request: ClientRequest, parts: list[str]) -> ClientRequest:
    """The request with the body of the option `--data`. Raises `UsageError`."""
    read = partial(read_stdin, MAX_BODY_BYTES, "--data -", "a body")
    body = read_body(parts, read)
    return request if body is None else replace(request, body=body, body_type=body_type_of(body))


def _check_stdin(options: Namespace) -> None:
    """Raise `UsageError` if more than one option is to read standard input."""
    readers = [f"--data {part}" for part in options.data if part in STDIN]
    readers += ["--conf -"] if options.conf == "-" else []
    if len(readers) > 1:
        raise UsageError(f"{' and '.join(readers)}: standard input can be read only once")
