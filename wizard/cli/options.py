"""The parser of each command's options, and the target that they describe."""

import argparse
from typing import get_args

from wizard import __version__
from wizard.cli.option_groups import (
    CONF_HELP,
    FORMATS,
    add_curl,
    add_data,
    add_format,
    add_header,
    add_language,
    add_no_color,
    add_no_mouse,
    add_output,
    add_target_options,
    add_url,
    add_vantages,
    parse_count,
    parse_port,
)
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
from wizard.model.target import Http, Target
from wizard.text.errors import UsageError
from wizard.text.messages import tr

PARALLEL = 4
"""How many targets are checked at the same time unless `--parallel` says otherwise."""
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
    add_url(parser)
    add_target_options(parser)
    add_no_mouse(parser)
    add_no_color(parser)
    parser.add_argument("--version", action="version", version=f"ssewizard {__version__}")
    return parser


def _check_parser() -> Parser:
    parser = Parser(
        "ssewizard check",
        usage=tr("ssewizard check URL [options]\n       ssewizard check --targets FILE [options]"),
        description=tr("Run all checks without a screen; progress goes to standard error."),
        epilog=f"{_EXIT_STATUSES}\n\n{_EXAMPLES['check']}",
    )
    add_url(parser)
    add_target_options(parser)
    report = parser.add_argument_group(tr("report, and many targets"))
    add_format(report, FORMATS)
    add_output(report)
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
    add_target_options(parser)
    return parser


def _inspect_parser() -> Parser:
    about = tr("Show what the config does with one path, without a request.")
    parser = Parser(
        "ssewizard inspect",
        usage=tr("ssewizard inspect --conf SOURCE --path PATH [options]"),
        description=about,
        epilog=_EXAMPLES["inspect"],
    )
    parser.add_argument("--conf", required=True, metavar="[VANTAGE=]SOURCE", help=CONF_HELP)
    add_vantages(parser)
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
    add_data(parser, tr("the body of the request"))
    add_header(parser, tr("a header of the request; with --as-sent, it has these and an Accept"))
    parser.add_argument(
        "--http",
        choices=get_args(Http),
        default="1.1",
        help=tr("the HTTP version of the client (1.1)"),
    )
    add_format(parser, ("text", "json"))
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
    add_language(parser)
    return parser


def _lab_parser() -> Parser:
    parser = Parser(
        "ssewizard lab",
        description=tr(
            "Start a real Nginx and a backend on this machine, with a fault to find, and open "
            "the wizard on them."
        ),
        epilog=_EXAMPLES["lab"],
    )
    parser.add_argument("scenario", nargs="?", default="incident", metavar="SCENARIO")
    parser.add_argument("--list", action="store_true", help=tr("list the scenarios"))
    parser.add_argument(
        "--serve", action="store_true", help=tr("only serve; print the URLs as JSON")
    )
    add_no_mouse(parser)
    add_no_color(parser)
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
    add_header(parser, tr("sent when a step is run again: a case file holds no values"))
    add_data(parser, tr("the body, sent when a step is run again: a case file holds none"))
    add_curl(parser, tr("passes its headers and its body, all at once"))
    add_format(parser, FORMATS)
    parser.set_defaults(format=None)
    add_no_mouse(parser)
    add_output(parser)
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
