"""The client's request from the options `--request`, `--data`, `--header`, …, and `--curl`."""

from argparse import Namespace
from dataclasses import replace
from functools import partial

from wizard.cli.stdin import read_stdin
from wizard.model.body import MAX_BODY_BYTES, STDIN, read_body
from wizard.model.client_request import ClientRequest, body_type_of
from wizard.model.parse import check_url, is_websocket, parse_connect_to, parse_header
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import describe_read_error, read_regular
from wizard.text.messages import tr

_CODEC = ("utf-8", "surrogateescape")


def take_curl(options: Namespace) -> tuple[str, ...]:
    """Replace the text of `--curl` by its request; return what is not done. Raises `UsageError`."""
    text = getattr(options, "curl", None)
    if isinstance(text, str):
        # Imported here: its patterns take time to compile, and most runs need none of them.
        from wizard.model.curl_command import MAX_COMMAND_CHARS, parse_curl

        check_stdin(options)
        options.curl = parse_curl(_read_text(text, MAX_COMMAND_CHARS))
    return options.curl.notes if text is not None else ()


def _read_text(text: str, limit: int) -> str:
    """The command that `--curl` gives, also in a file or over standard input."""
    if text in STDIN:
        return read_stdin(limit, "--curl -", "a command").decode(*_CODEC)
    if not text.startswith("@"):
        return text
    try:
        return read_regular(text[1:], limit).decode(*_CODEC)
    except OSError as error:
        problem = describe_read_error(error)
        raise UsageError(
            tr("--curl {text}: {problem}", text=safe(text, 200), problem=problem)
        ) from None


def request_of(options: Namespace) -> ClientRequest:
    """The request that the options describe, with its method. Raises `UsageError`.

    What other options say goes before what the command of `--curl` says.
    """
    check_stdin(options)
    given = ClientRequest(
        url=check_url(options.url) if options.url is not None else "",
        method=options.request,
        headers=tuple(parse_header(text) for text in options.header),
        insecure=options.insecure,
        http=options.http,
        upgrade=options.upgrade or is_websocket(options.url or ""),
        connect_to=parse_connect_to(options.connect_to) if options.connect_to else None,
    )
    return with_body(given, options.data).or_else(command_of(options)).completed()


def command_of(options: Namespace) -> ClientRequest:
    """The request of `--curl`; an empty one without it. Raises `UsageError`."""
    take_curl(options)
    return getattr(options, "curl", None) or ClientRequest()


def with_body(request: ClientRequest, parts: list[str]) -> ClientRequest:
    """The request with the body of the option `--data`. Raises `UsageError`."""
    read = partial(read_stdin, MAX_BODY_BYTES, "--data -", "a body")
    body = read_body(parts, read)
    return request if body is None else replace(request, body=body, body_type=body_type_of(body))


def check_stdin(options: Namespace) -> None:
    """Raise `UsageError` if more than one option is to read standard input."""
    readers = [f"--data {part}" for part in options.data if part in STDIN]
    readers += ["--conf -"] if getattr(options, "conf", None) == "-" else []
    readers += ["-"] if getattr(options, "file", None) == "-" else []
    readers += ["--curl -"] if getattr(options, "curl", None) in STDIN else []
    if len(readers) > 1:
        raise UsageError(
            tr("{readers}: standard input can be read only once", readers=tr(" and ").join(readers))
        )
