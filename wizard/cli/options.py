"""The parser of each command's options, and the target that they describe."""

import argparse
import math
from collections.abc import Sequence
from typing import get_args

from wizard import __version__
from wizard.cli.parser import Parser
from wizard.cli.request import request_of
from wizard.model.parse import (
    is_websocket,
    parse_conf,
    parse_hops,
    parse_log,
    parse_url,
    parse_vantages,
)
from wizard.model.target import Http, McpMode, Style, Target
from wizard.text.errors import UsageError
from wizard.text.messages import LANGUAGES, tr

Group = argparse._ActionsContainer
"""A parser, or a group of options in its help."""
STYLES = tuple(style for style in get_args(Style) if style)
FORMATS = ("text", "json", "markdown", "html", "junit", "prometheus")
PARALLEL = 4
"""How many targets are checked at the same time unless `--parallel` says otherwise."""
_CONF_HELP = tr(
    "nginx.conf with its includes, a file with an `nginx -T` dump, or - for standard "
    "input; VANTAGE= alone runs nginx -T there"
)
_EXIT_STATUSES = tr(
    "exit status: 0 healthy, 1 a fault was found, 2 wrong usage or an unreadable input, "
    "3 inconclusive, 70 a bug of the tool"
)
_COMMANDS = tr(
    "commands:\n  check URL          the same checks without a screen\n  "
    "inspect            what the config does with one path, without a request\n  explain "
    "[ID|WORD]  the failure modes: all, one, or those with a word\n  lab [SCENARIO]     a "
    "real Nginx, broken as in the incident\n  open CASE          a saved case\n  "
    "completion SHELL   a script that completes commands, options and names\n  help "
    "[COMMAND]     this help\n\n"
    "ssewizard PROFILE takes URL and options from a table of that name in config.toml, "
    "and every option also from the environment: SSEWIZARD_STALL=30."
)
_EXAMPLES = {
    "": tr(
        "examples:\n  ssewizard\n  ssewizard https://mcp.example.com/sse --direct "
        "http://10.0.0.5:80/sse\n  ssewizard https://mcp.example.com/sse --vantage web='ssh "
        "web1' --conf web="
    ),
    "check": tr(
        "examples:\n  ssewizard check https://mcp.example.com/sse\n  ssewizard check "
        "https://mcp.example.com/sse --direct http://10.0.0.5:80/sse \\\n      --conf "
        "/etc/nginx/nginx.conf --log /var/log/nginx/error.log\n  ssewizard check "
        "https://api.example.com/v1/chat --data @body.json \\\n      --header 'Authorization: "
        "Bearer …'\n  ssewizard check --targets targets.toml --format junit -o report.xml"
    ),
    "inspect": tr(
        "examples:\n  ssewizard inspect --conf /etc/nginx/nginx.conf --path /sse\n  nginx -T | "
        "ssewizard inspect --conf - --path /sse --host mcp.example.com"
    ),
    "explain": tr(
        "examples:\n  ssewizard explain proxy-buffering-hold\n  ssewizard explain gzip buffering"
    ),
    "lab": tr("examples:\n  ssewizard lab\n  ssewizard lab --list\n  ssewizard lab backend-silent"),
    "completion": tr(
        "examples:\n  ssewizard completion bash >> ~/.bash_completion\n  ssewizard completion "
        "zsh > ~/.zfunc/_ssewizard\n  ssewizard completion fish > "
        "~/.config/fish/completions/ssewizard.fish"
    ),
    "open": tr(
        "examples:\n  ssewizard open incident.json\n  ssewizard open incident.json --format "
        "markdown -o ticket.md"
    ),
}


def make_parser(command: str) -> Parser:
    """The parser of one command; the empty command opens the wizard."""
    return {
        "": _wizard_parser,
        "check": _check_parser,
        "inspect": _inspect_parser,
        "explain": _explain_parser,
        "lab": _lab_parser,
        "open": _open_parser,
        "completion": _completion_parser,
    }[command]()


def _wizard_parser() -> Parser:
    parser = Parser(
        "ssewizard",
        usage=tr("ssewizard [URL] [options]\n       ssewizard COMMAND --help"),
        description=tr("Find out why an event stream hangs behind Nginx, and prove the fix."),
        epilog=f"{_COMMANDS}\n\n{_EXAMPLES['']}",
    )
    _add_url(parser)
    _add_target_options(parser)
    _add_no_mouse(parser)
    _add_no_color(parser)
    parser.add_argument("--version", action="version", version=f"ssewizard {__version__}")
    return parser


def _check_parser() -> Parser:
    parser = Parser(
        "ssewizard check",
        usage=tr("ssewizard check URL [options]\n       ssewizard check --targets FILE [options]"),
        description=tr("Run all checks without a screen; progress goes to standard error."),
        epilog=f"{_EXIT_STATUSES}\n\n{_EXAMPLES['check']}",
    )
    _add_url(parser)
    _add_target_options(parser)
    report = parser.add_argument_group(tr("report, and many targets"))
    _add_format(report, FORMATS)
    _add_output(report)
    report.add_argument(
        "--targets",
        metavar="FILE",
        help=tr(
            "check every target in this TOML file instead of a URL; the other options apply to "
            "each of them"
        ),
    )
    report.add_argument(
        "--parallel",
        type=parse_count,
        metavar="N",
        help=tr(
            "with --targets: how many are checked at the same time ({parallel})", parallel=PARALLEL
        ),
    )
    parser.add_argument(
        "--look",
        action="store_true",
        help=tr(
            "where the URL has no path: send a GET to /sse and to /mcp, and check the one that "
            "streams; a terminal is asked"
        ),
    )
    report.add_argument(
        "--save",
        metavar="FILE",
        help=tr(
            "write all inputs and evidence to a case file for ssewizard open FILE; secrets are "
            "left out"
        ),
    )
    return parser


def make_target_parser() -> Parser:
    """The parser of the options that describe one target; it also reads a file of targets."""
    parser = Parser("ssewizard check", add_help=False)
    _add_target_options(parser)
    return parser


def _inspect_parser() -> Parser:
    about = tr("Show what the config does with one path, without a request.")
    parser = Parser(
        "ssewizard inspect",
        usage=tr("ssewizard inspect --conf SOURCE --path PATH [options]"),
        description=about,
        epilog=_EXAMPLES["inspect"],
    )
    parser.add_argument("--conf", required=True, metavar="[VANTAGE=]SOURCE", help=_CONF_HELP)
    _add_vantages(parser)
    parser.add_argument("--path", required=True, metavar="PATH", help=tr("the path, such as /sse"))
    parser.add_argument("--host", metavar="NAME", help=tr("the Host header of the request"))
    parser.add_argument("--scheme", choices=("http", "https"), default="http")
    parser.add_argument(
        "--port", type=parse_port, metavar="N", help=tr("the port Nginx listens on")
    )
    parser.add_argument(
        "--as-sent",
        action="store_true",
        help=tr("show the request that the backend gets, line by line, and what decides each"),
    )
    parser.add_argument(
        "-X",
        "--request",
        default="",
        metavar="METHOD",
        help=tr("the method of the request: GET, or POST with --data"),
    )
    _add_data(parser, tr("the body of the request"))
    _add_header(parser, tr("a header of the request; with --as-sent, it has these and an Accept"))
    parser.add_argument(
        "--http",
        choices=get_args(Http),
        default="1.1",
        help=tr("the HTTP version of the client (1.1)"),
    )
    _add_format(parser, ("text", "json"))
    return parser


def _explain_parser() -> Parser:
    parser = Parser(
        "ssewizard explain",
        description=tr(
            "List the failure modes, explain one, or list those whose text has all of the given "
            "words; a single match is explained."
        ),
        epilog=_EXAMPLES["explain"],
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="ID|WORD",
        help=tr("an id such as proxy-buffering-hold, or words to search for, such as buffering"),
    )
    _add_language(parser)
    return parser


def _lab_parser() -> Parser:
    parser = Parser(
        "ssewizard lab",
        description=tr(
            "Start a real Nginx and a backend on loopback, broken as in the incident, and open "
            "the wizard on them."
        ),
        epilog=_EXAMPLES["lab"],
    )
    parser.add_argument("scenario", nargs="?", default="incident", metavar="SCENARIO")
    parser.add_argument("--list", action="store_true", help=tr("list the scenarios"))
    parser.add_argument(
        "--serve", action="store_true", help=tr("only serve; print the URLs as JSON")
    )
    _add_no_mouse(parser)
    _add_no_color(parser)
    return parser


def _open_parser() -> Parser:
    parser = Parser(
        "ssewizard open",
        description=tr(
            "Show a case file, in the wizard or as a report. No request is sent until you run a "
            "step again. Exit status of a report: as check."
        ),
        epilog=_EXAMPLES["open"],
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help=tr("a file written by check --save or the wizard, or - for standard input"),
    )
    _add_header(parser, tr("sent when a step is run again: a case file holds no values"))
    _add_data(parser, tr("the body, sent when a step is run again: a case file holds none"))
    _add_curl(parser, tr("passes its headers and its body, all at once"))
    _add_format(parser, FORMATS)
    parser.set_defaults(format=None)
    _add_no_mouse(parser)
    _add_output(parser)
    return parser


def _completion_parser() -> Parser:
    parser = Parser(
        "ssewizard completion",
        description=tr(
            "Print the script with which a shell completes commands, options, and the names of "
            "scenarios, failure modes and vantages."
        ),
        epilog=_EXAMPLES["completion"],
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="bash|zsh|fish")
    return parser


def _add_url(parser: Group) -> None:
    parser.add_argument("url", nargs="?", metavar="URL", help=tr("the stream's public URL"))
    _add_curl(
        parser,
        tr(
            "URL, method, headers, body, -k and the like are taken from it, and what is not is "
            "reported"
        ),
    )


def _add_curl(parser: Group, what: str) -> None:
    parser.add_argument(
        "--curl",
        metavar="COMMAND|@FILE|-",
        help=tr(
            "a curl command, as browsers copy it: {what}; other options go before what it says, "
            "and no file that it names is read",
            what=what,
        ),
    )


def _add_target_options(parser: Parser) -> None:
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
    add("--conf", metavar="[VANTAGE=]SOURCE", help=_CONF_HELP)
    add(
        "--log",
        action="append",
        default=[],
        metavar="[VANTAGE=]PATH",
        help=tr("access, error or backend log; NAME='COMMAND' reads its output"),
    )
    _add_vantages(group)
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
        help=tr("the MCP handshake: auto posts only where something shows that MCP is spoken"),
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
    _add_data(parser, tr("the body of the stream's request"))
    _add_header(parser, tr("sent with each request"))
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
            "allow that a request that is not a GET is sent again: for each HTTP version and "
            "encoding, and for what remains open"
        ),
    )


def _add_data(parser: Group, purpose: str) -> None:
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


def _add_header(parser: Group, purpose: str) -> None:
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar=tr("'Name: value'"), help=purpose
    )


def _add_vantages(parser: Group) -> None:
    parser.add_argument(
        "--vantage",
        action="append",
        default=[],
        metavar="NAME='PREFIX'",
        help=tr("a place to run from: web='kubectl exec -n prod deploy/nginx --'"),
    )


def _add_format(parser: Group, formats: Sequence[str]) -> None:
    parser.add_argument("--format", choices=formats, default="text")
    _add_no_color(parser)


def _add_no_color(parser: Group) -> None:
    parser.add_argument("--no-color", action="store_true", help=tr("no colours (so does NO_COLOR)"))
    _add_language(parser)


def _add_no_mouse(parser: Group) -> None:
    parser.add_argument(
        "--no-mouse",
        action="store_true",
        help=tr("leave the mouse to the terminal, as the wizard does over SSH"),
    )


def _add_language(parser: Group) -> None:
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        help=tr(
            "the language of texts; by default that of the locale, and English in json, junit "
            "and prometheus"
        ),
    )


def _add_output(parser: Group) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help=tr("write the report there"))


def target_of(options: argparse.Namespace) -> Target:
    """The target that the parsed options describe. Raises `UsageError`."""
    vantages = parse_vantages(options.vantage)
    request = request_of(options)
    upgrade = request.upgrade or any(map(is_websocket, (*options.direct, *options.hop)))
    if upgrade and (request.method != "GET" or request.body or request.http == "2"):
        raise UsageError(tr("a WebSocket is opened by a GET without a body, over HTTP/1.1"))
    return Target(
        url=request.url,
        direct=tuple(parse_url(text, vantages) for text in options.direct),
        conf=parse_conf(options.conf, vantages) if options.conf is not None else None,
        logs=tuple(parse_log(text, vantages) for text in options.log),
        headers=request.headers,
        insecure=request.insecure,
        connect_to=request.connect_to,
        stall=options.stall,
        patience=options.patience,
        mcp=options.mcp,
        style=options.style,
        vantages=vantages,
        hops=parse_hops(options.hop, vantages),
        upgrade=upgrade,
        method=request.method,
        body=request.body or b"",
        http=request.http,
        repeat=options.repeat,
    )


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
    return _parse_int(text, 64, "a number")


def parse_port(text: str) -> int:
    """Parse a port number."""
    return _parse_int(text, 65_535, "a port")


def _parse_int(text: str, largest: int, name: str) -> int:
    # At most six digits are converted: `int` refuses a text of thousands of them.
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= largest:
        raise argparse.ArgumentTypeError(
            tr("{text!r} is not {name} from 1 to {largest}", text=text, name=name, largest=largest)
        )
    return int(text)
