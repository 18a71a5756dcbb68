"""The options, read and checked; everything wrong is a `UsageError` in one sentence."""

import argparse
import math
from collections.abc import Sequence
from typing import NoReturn, get_args

from wizard import __version__
from wizard.model.parse import (
    check_url,
    parse_conf,
    parse_header,
    parse_hops,
    parse_log,
    parse_url,
    parse_vantages,
)
from wizard.model.target import Style, Target
from wizard.text.display import safe
from wizard.text.errors import UsageError


def seconds(text: str) -> float:
    """Seconds, from 0 to a day."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400 or math.isnan(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 86400")
    return value


def positive(text: str) -> float:
    """Seconds, more than none."""
    if (value := seconds(text)) == 0:
        raise argparse.ArgumentTypeError("0 seconds is no wait")
    return value


def count(text: str) -> int:
    """How many at a time."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 64")
    return int(text)


def port(text: str) -> int:
    """A port's number."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


STYLES = tuple(style for style in get_args(Style) if style)
FORMATS = ("text", "json", "markdown", "junit", "prometheus")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are exceptions, said in one sentence by `main`."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise UsageError(f"{safe(message, 300)} (see {self.prog} --help)")


def parser(command: str) -> Parser:
    """The parser of one command; the empty command is the wizard."""
    return {
        "": _wizard,
        "check": _check,
        "inspect": _inspect,
        "explain": _explain,
        "lab": _lab,
        "open": _open,
    }[command]()


def _wizard() -> Parser:
    made = Parser(
        "ssewizard",
        description="Find out why an event stream hangs behind Nginx, and prove the fix.",
        epilog="Without a screen: ssewizard check URL, inspect, explain [ID], lab [SCENARIO], "
        "open FILE; "
        "each has its own --help. Exit status of check: 0 healthy, 1 a fault was found, 2 wrong "
        "usage or an unreadable input, 3 inconclusive, 70 a bug of the tool.",
    )
    made.add_argument("url", nargs="?", metavar="URL", help="the stream's public URL")
    _add_target_options(made)
    made.add_argument("--no-color", action="store_true", help="no colours (so does NO_COLOR)")
    made.add_argument("--version", action="version", version=f"ssewizard {__version__}")
    return made


def _check() -> Parser:
    made = Parser("ssewizard check", description="The same checks without a screen.")
    made.add_argument("url", nargs="?", metavar="URL", help="the stream's public URL")
    _add_target_options(made)
    made.add_argument("--targets", metavar="FILE", help="check all that this TOML file lists, "
        "instead of a URL; the options are what holds for each")  # fmt: skip
    made.add_argument("--parallel", type=count, metavar="N", help="with --targets: how many are "
        "checked at a time (4)")  # fmt: skip
    made.add_argument("--save", metavar="FILE", help="write all that was given and seen there, to "
        "be shown again by ssewizard open FILE; secrets are left out")  # fmt: skip
    _add_output_options(made, FORMATS)
    made.add_argument("-o", "--output", metavar="FILE", help="write the report there")
    return made


def target_parser() -> Parser:
    """The options of one target alone: a file of targets is read by them too."""
    made = Parser("ssewizard check", add_help=False)
    _add_target_options(made)
    return made


def _inspect() -> Parser:
    made = Parser("ssewizard inspect", description="What the config alone says of one path.")
    made.add_argument("--conf", required=True, metavar="[VANTAGE=]SOURCE", help=_CONF)
    _add_vantages(made)
    made.add_argument("--path", required=True, metavar="PATH", help="the path, such as /sse")
    made.add_argument("--host", metavar="NAME", help="the Host that the client asks for")
    made.add_argument("--scheme", choices=("http", "https"), default="http")
    made.add_argument("--port", type=port, metavar="N", help="the port that Nginx listens on")
    _add_output_options(made, ("text", "json"))
    return made


def _explain() -> Parser:
    made = Parser("ssewizard explain", description="The failure modes; one in full.")
    made.add_argument("id", nargs="?", metavar="ID", help="such as proxy-buffering-hold")
    return made


def _lab() -> Parser:
    made = Parser(
        "ssewizard lab",
        description="A real Nginx and a backend on loopback, broken as in the incident, and the "
        "wizard on it.",
    )
    made.add_argument("scenario", nargs="?", default="incident", metavar="SCENARIO")
    made.add_argument("--list", action="store_true", help="the scenarios")
    made.add_argument("--serve", action="store_true", help="only serve; print the URLs as JSON")
    made.add_argument("--no-color", action="store_true", help="no colours (so does NO_COLOR)")
    return made


def _open() -> Parser:
    made = Parser(
        "ssewizard open",
        description="Show a case file again, in the wizard or as a report. Nothing is asked of any "
        "server until you run a step again. Exit status of a report: as check.",
    )
    made.add_argument("file", metavar="FILE", help="what check --save or the wizard has written, "
        "or - for standard input")  # fmt: skip
    made.add_argument("--header", action="append", default=[], metavar="'Name: value'",
        help="sent when a step is run again: a case file holds no values")  # fmt: skip
    _add_output_options(made, FORMATS)
    made.set_defaults(format=None)
    made.add_argument("-o", "--output", metavar="FILE", help="write the report there")
    return made


_CONF = (
    "nginx.conf with its includes, a file with a `nginx -T` dump, or - for standard input; "
    "VANTAGE= alone runs nginx -T there"
)


def _add_target_options(made: Parser) -> None:
    add = made.add_argument
    add("--direct", action="append", default=[], metavar="[VANTAGE=]URL",
        help="the backend's own URL")  # fmt: skip
    add("--conf", metavar="[VANTAGE=]SOURCE", help=_CONF)
    add("--log", action="append", default=[], metavar="[VANTAGE=]PATH",
        help="access, error or backend log; NAME='COMMAND' for what a command prints")  # fmt: skip
    _add_vantages(made)
    add("--hop", action="append", default=[], metavar="NAME=URL", help="a proxy on the way, "
        "outermost first; NAME=VANTAGE=URL asks it from there")  # fmt: skip
    add("--header", action="append", default=[], metavar="'Name: value'", help="sent with each")
    add("--insecure", action="store_true", help="do not verify TLS certificates")
    add("--connect-to", metavar="HOST:PORT", help="connect there instead of the URL's own host")
    add("--stall", type=positive, default=10.0, metavar="SECONDS", help="longest wait before a "
        "silent stream counts as held (10)")  # fmt: skip
    add("--patience", type=seconds, default=0.0, metavar="SECONDS", help="how long to watch a "
        "live stream for a cut (0)")  # fmt: skip
    add("--no-mcp", action="store_true", help="no MCP handshake")
    add("--style", choices=STYLES, default="", help="write the fix as this; by default as what "
        "wrote the config, if it shows that")  # fmt: skip


def _add_vantages(made: Parser) -> None:
    made.add_argument("--vantage", action="append", default=[], metavar="NAME='PREFIX'", help="a "
        "place to run from: web='kubectl exec -n prod deploy/nginx --'")  # fmt: skip


def _add_output_options(made: Parser, formats: Sequence[str]) -> None:
    made.add_argument("--format", choices=formats, default="text")
    made.add_argument("--no-color", action="store_true", help="no colours (so does NO_COLOR)")


def target_of(words: argparse.Namespace) -> Target:
    """The target that the options name. Raises `UsageError`."""
    vantages = parse_vantages(words.vantage)
    return Target(
        url=check_url(words.url),
        direct=tuple(parse_url(text, vantages) for text in words.direct),
        conf=parse_conf(words.conf, vantages) if words.conf is not None else None,
        logs=tuple(parse_log(text, vantages) for text in words.log),
        headers=tuple(parse_header(text) for text in words.header),
        insecure=words.insecure,
        connect_to=_connect_to(words.connect_to) if words.connect_to else None,
        stall=words.stall,
        patience=words.patience,
        mcp=not words.no_mcp,
        style=words.style,
        vantages=vantages,
        hops=parse_hops(words.hop, vantages),
    )


def _connect_to(text: str) -> tuple[str, int]:
    host, colon, last = text.rpartition(":")
    try:
        number = port(last)
    except argparse.ArgumentTypeError:
        number = 0
    if not colon or not host or not number:
        raise UsageError(f"--connect-to {safe(text, 100)!r}: write it as HOST:PORT")
    return host.strip("[]"), number
