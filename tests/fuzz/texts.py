"""Properties of the parsers of texts: logs, timestamps, configs, curl commands."""

import math
import shlex
import time
from collections.abc import Callable

from tests.fuzz.chunks import is_clean
from wizard.logs.formats import parse_line
from wizard.logs.history import HistoryBuilder
from wizard.logs.timestamps import HostClock, find_timestamp
from wizard.model.command_words import split_command
from wizard.model.curl_command import parse_curl
from wizard.nginx.parse import parse_config
from wizard.report.logs import history_lines
from wizard.text.config_tokens import quote_argument, tokenize, unescape_argument
from wizard.text.display import safe
from wizard.text.errors import ConfigError, UsageError

NOW = 1_795_000_000.0
"""The time of the probes, in seconds since the epoch."""
MAX_CPU_S = 20.0
"""The most processor time for 100,000 characters: what is quadratic takes hours."""


def text_of(data: bytes) -> str:
    """The bytes as a text; those that are no UTF-8 are replaced."""
    return data.decode("utf-8", "replace")


def log_lines(data: bytes) -> None:
    """Any lines give a history whose every line can be shown."""
    texts = [line for line in text_of(data).split("\n") if line.strip()]
    for text in texts:
        parsed = parse_line(text)
        assert parsed.kind
        assert is_clean(safe(parsed.meaning))
    builder = HistoryBuilder(HostClock(), NOW)
    builder.add(texts)
    if history := builder.history(older=False):
        assert all(map(is_clean, history_lines(history)))
        assert len(history.left) == len(history.canceled)


def repeated_log_line(data: bytes) -> None:
    """A line of one piece, many times, takes time in proportion to its length."""
    piece = text_of(data)[:40] or "x"
    before = time.process_time()
    parse_line(piece * (100_000 // len(piece)))
    assert time.process_time() - before < MAX_CPU_S


def timestamps(data: bytes) -> None:
    """A line's time is a number of seconds, or there is none."""
    timestamp = find_timestamp(text_of(data), NOW)
    for clock in (HostClock(), HostClock(is_local=True), HostClock(3600, skew_s=1.0)):
        if timestamp is not None:
            assert math.isfinite(clock.epoch_s(timestamp))


def _problem_of(parse: Callable[[], object]) -> str:
    """The error with which an input is refused, in one line; empty if it is read."""
    try:
        parse()
    except (UsageError, ConfigError) as error:
        problem = str(error)
    else:
        return ""
    assert is_clean(problem, 400), problem
    return problem


def config_tokens(data: bytes) -> None:
    """Tokens come in order, with nothing but blanks between them."""
    text = text_of(data)
    for lua_blocks in (True, False):
        at = 0
        for token in tokenize(text, lua_blocks=lua_blocks):
            assert text[at : token.start].strip(" \t\r\n") == ""
            assert text[token.start : token.end] == token.text != ""
            assert token.line == 1 + text.count("\n", 0, token.start)
            at = token.end
        assert text[at:].strip(" \t\r\n") == ""


def config_words(data: bytes) -> None:
    """A text is a config, or refused in one sentence with its place."""
    problem = _problem_of(lambda: parse_config(text_of(data), "nginx.conf"))
    assert not problem or problem.startswith("nginx.conf:")


def quoted_argument(data: bytes) -> None:
    """A value that is quoted is read as that value, by the tokens and by the parser."""
    value = text_of(data)[:1000]
    quoted = quote_argument(value)
    (token, end) = tokenize(f"{quoted};")
    assert (unescape_argument(token.bare), end.text) == (value, ";")
    (directive,) = parse_config(f"a {quoted};", "nginx.conf")
    assert directive.args == (value,)


def curl_command(data: bytes) -> None:
    """A command is read, or refused in one sentence without a line end."""
    text = data.decode("utf-8", "surrogateescape")
    for command in (text, f"curl {text}", f"curl 'http://h/' {text}"):
        _problem_of(lambda command=command: parse_curl(command))  # type: ignore[misc]


def quoted_command(data: bytes) -> None:
    """Words that are quoted for a POSIX shell are read as these words."""
    # A caret or a backtick can make the command one for cmd.exe or PowerShell.
    text = text_of(data).replace("^", "").replace("`", "")
    words = ["curl", *text.split("\xff" if "\xff" in text else " ")]
    quoted = shlex.join(words)
    assert split_command(quoted).words == tuple(words) == tuple(shlex.split(quoted))
