"""The options that several commands share, and how their values are parsed."""

import argparse
import math
from collections.abc import Sequence
from typing import get_args

from wizard.cli.parser import Parser
from wizard.model.target import Http, McpMode, Style
from wizard.text.messages import LANGUAGES, tr

Group = argparse._ActionsContainer
"""A parser, or a group of options in its help."""
STYLES = tuple(style for style in get_args(Style) if style)
FORMATS = ("text", "json", "markdown", "html", "junit", "prometheus")
CONF_HELP = tr(
    "nginx.conf with its includes, a file with the output of `nginx -T`, or - for standard "
    "input; VANTAGE= alone runs nginx -T there"
)


def add_url(parser: Group) -> None:
    """Add the URL, and the curl command that may stand for it."""
    parser.add_argument("url", nargs="?", metavar="URL", help=tr("the stream's public URL"))
    add_curl(
        parser,
        tr(
            "URL, method, headers, body, -k and the like are taken from it, and what is not is "
            "reported"
        ),
    )


def add_curl(parser: Group, what: str) -> None:
    """Add the option of a curl command; `what` says what is taken from it."""
    parser.add_argument(
        "--curl",
        metavar="COMMAND|@FILE|-",
        help=tr(
            "a curl command, as browsers copy it: {what}; other options take precedence over "
            "it, and no file that it names is read",
            what=what,
        ),
    )


def add_target_options(parser: Parser) -> None:
    """Add the options that describe a target."""
    _add_places(parser.add_argument_group(tr("where to look")))
    _add_request_options(parser.add_argument_group(tr("the request")))
    _add_watch_options(parser.add_argument_group(tr("what to watch for")))


def _add_places(group: Group) -> None:
    add = group.add_argument
    add(
        "--direct",
        action="append",
        default=[],
        metavar="[VANTAGE=]URL",
        help=tr("the backend's own URL; unix:/PATH/SOCKET:/URI for a unix socket"),
    )
    add("--conf", metavar="[VANTAGE=]SOURCE", help=CONF_HELP)
    add(
        "--log",
        action="append",
        default=[],
        metavar="[VANTAGE=]PATH",
        help=tr("access, error or backend log; NAME='COMMAND' reads its output"),
    )
    add_vantages(group)
    add(
        "--hop",
        action="append",
        default=[],
        metavar="NAME=URL",
        help=tr("a proxy on the way, outermost first; NAME=VANTAGE=URL requests it from there"),
    )
    add("--connect-to", metavar="HOST:PORT", help=tr("connect there instead of to the URL's host"))
    add("--insecure", action="store_true", help=tr("do not verify TLS certificates"))


def _add_watch_options(group: Group) -> None:
    add = group.add_argument
    add(
        "--stall",
        type=parse_positive_seconds,
        default=10.0,
        metavar="SECONDS",
        help=tr("longest wait before a silent stream counts as held (10)"),
    )
    add(
        "--patience",
        type=parse_seconds,
        default=0.0,
        metavar="SECONDS",
        help=tr(
            "how long to watch a live stream for a cut, and a held one past Nginx's read timeout "
            "(0)"
        ),
    )
    add(
        "--upgrade",
        action="store_true",
        help=tr(
            "the URL is a WebSocket (as ws:// and wss:// say): open it, and send nothing in it"
        ),
    )
    add(
        "--mcp",
        choices=get_args(McpMode),
        default="auto",
        help=tr(
            "the MCP handshake: auto sends POSTs only where something shows that the URL "
            "is an MCP server"
        ),
    )
    add("--no-mcp", dest="mcp", action="store_const", const="never", help=tr("as --mcp never"))
    add(
        "--style",
        choices=STYLES,
        default="",
        help=tr(
            "the form of the fix; by default that of the tool that wrote the config, if it can "
            "be recognised"
        ),
    )


def _add_request_options(parser: Group) -> None:
    add = parser.add_argument
    add(
        "-X",
        "--request",
        default="",
        metavar="METHOD",
        help=tr(
            "the method of the stream's request: GET, or POST with --data; one that is not GET "
            "is sent once through the proxy and once direct, over HTTP/1.1 unless --http 2"
        ),
    )
    add_data(parser, tr("the body of the stream's request"))
    add_header(parser, tr("sent with each request"))
    add(
        "--http",
        choices=get_args(Http),
        help=tr(
            "the HTTP version; by default both are tried where the request may be sent more than "
            "once"
        ),
    )
    add(
        "--repeat",
        action="store_true",
        help=tr(
            "allow a request that is not a GET to be sent more than once: for each HTTP "
            "version and encoding, and for follow-ups"
        ),
    )


def add_data(parser: Group, purpose: str) -> None:
    """Add the body of the request."""
    parser.add_argument(
        "-d",
        "--data",
        action="append",
        default=[],
        metavar="BODY|@FILE|-",
        help=tr(
            "{purpose}; several are joined with &, and line ends in a file or in standard input "
            "(-) are left out, as by curl. A JSON object or array is sent as application/json, "
            "anything else as application/x-www-form-urlencoded, unless --header sets a "
            "Content-Type",
            purpose=purpose,
        ),
    )


def add_header(parser: Group, purpose: str) -> None:
    """Add the headers of the request."""
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar=tr("'Name: value'"), help=purpose
    )


def add_vantages(parser: Group) -> None:
    """Add the places to run from."""
    parser.add_argument(
        "--vantage",
        action="append",
        default=[],
        metavar="NAME='PREFIX'",
        help=tr("a place to run from: web='kubectl exec -n prod deploy/nginx --'"),
    )


def add_format(parser: Group, formats: Sequence[str]) -> None:
    """Add the formats of the report, and the options of each text."""
    parser.add_argument("--format", choices=formats, default="text")
    add_no_color(parser)


def add_no_color(parser: Group) -> None:
    """Add the options of each text: colours and language."""
    parser.add_argument("--no-color", action="store_true", help=tr("no colours (so does NO_COLOR)"))
    add_language(parser)


def add_no_mouse(parser: Group) -> None:
    """Add the option that leaves the mouse to the terminal."""
    parser.add_argument(
        "--no-mouse",
        action="store_true",
        help=tr("leave the mouse to the terminal, as the wizard does over SSH"),
    )


def add_language(parser: Group) -> None:
    """Add the language of texts."""
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        help=tr(
            "the language of texts; by default that of the locale, and English in json, junit "
            "and prometheus"
        ),
    )


def add_output(parser: Group) -> None:
    """Add the file of the report."""
    parser.add_argument("-o", "--output", metavar="FILE", help=tr("write the report there"))


def parse_seconds(text: str) -> float:
    """Parse a number of seconds from 0 to a day."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400 or math.isnan(value):
        raise argparse.ArgumentTypeError(
            tr("{text!r} is not a number of seconds from 0 to 86400", text=text)
        )
    return value


def parse_positive_seconds(text: str) -> float:
    """Parse a number of seconds above 0, up to a day."""
    if (value := parse_seconds(text)) == 0:
        raise argparse.ArgumentTypeError(tr("it must be more than 0 seconds"))
    return value


def parse_count(text: str) -> int:
    """Parse a number of targets from 1 to 64."""
    return _parse_int(text, 64, tr("a number"))


def parse_port(text: str) -> int:
    """Parse a port number."""
    return _parse_int(text, 65_535, tr("a port"))


def _parse_int(text: str, largest: int, name: str) -> int:
    # At most six digits are converted: `int` refuses a text of thousands of them.
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= largest:
        raise argparse.ArgumentTypeError(
            tr("{text!r} is not {name} from 1 to {largest}", text=text, name=name, largest=largest)
        )
    return int(text)
