"""SECURITY.md agrees with the code: its requests, commands, files and limits."""

import re
import shutil
from collections.abc import Sequence

import pytest

from tests.docs.effects import effects
from tests.docs.security import PAGE, places, with_current_tables
from wizard.cli.targets import MAX_TARGETS
from wizard.cli.toml_file import MAX_FILE_BYTES as MAX_TARGETS_BYTES
from wizard.investigation.casefile.decode import MAX_FILE_BYTES as MAX_CASE_BYTES
from wizard.logs.read import MAX_LINES
from wizard.logs.sources import LOG_LIMIT_BYTES
from wizard.logs.watch import FOLLOW_SCRIPT
from wizard.model.body import MAX_BODY_BYTES
from wizard.model.curl_command import MAX_COMMAND_CHARS
from wizard.model.events import MAX_ITEM_CHARS
from wizard.model.timeline import MAX_TAIL_ITEMS
from wizard.nginx.fetch.scripts import DUMP_SCRIPT, FILES_SCRIPT
from wizard.nginx.load import MAX_FILES, MAX_INCLUDE_DEPTH
from wizard.nginx.store import MAX_FILE_BYTES as MAX_CONFIG_BYTES
from wizard.probe import followups
from wizard.probe.followups.affinity import MAX_SESSIONS
from wizard.probe.mcp import session
from wizard.probe.probe import BODY_LIMIT_BYTES
from wizard.probe.sse import ITEM_LIMIT_BYTES
from wizard.vantage.discover import DISCOVERY_COMMAND
from wizard.vantage.http import raw
from wizard.vantage.http.response import MAX_HEAD_BYTES
from wizard.vantage.http.tools import TOOLS
from wizard.vantage.scripts import with_watchdog

TEXT = PAGE.read_text("utf-8")


def _mib(size: int) -> str:
    return f"{size >> 20} MiB"


_IN_SCRIPTS = re.compile(r"(?<![\w$./{%<\[-])[a-z][\w.-]*(?![\w=)]|\(\))")
"""Words of a script that may be commands: no variables, options, parts of paths, functions."""
_IN_SHELL = {
    *("cd", "command", "echo", "eval", "exec", "exit", "export", "kill", "printf", "read", "set"),
    *("shift", "trap", "wait", "return", "test", "true", "false", "type"),
    *("if", "then", "else", "elif", "fi", "case", "esac", "for", "in", "while", "do", "done"),
}
"""What the shell does itself."""


def test_the_follow_ups_are_those_of_the_code() -> None:
    assert with_current_tables(TEXT) == TEXT, "run `make docs`"


def test_each_place_that_reaches_out_is_named() -> None:
    assert places(TEXT) == effects(), "see the table under 'Where in the code'"


@pytest.mark.parametrize(
    ("row", "limits"),
    [
        ("MCP handshake", [f"{session.MAX_REQUESTS} from outside"]),
        ("follow-ups", [f"{followups.MAX_REQUESTS} in all"]),
        ("config", [_mib(MAX_CONFIG_BYTES), f"{MAX_FILES} files", f"{MAX_INCLUDE_DEPTH} levels"]),
        ("log", [_mib(LOG_LIMIT_BYTES), f"{MAX_LINES:,} lines"]),
        ("case file", [_mib(MAX_CASE_BYTES)]),
        ("file for `--targets`, config file", [_mib(MAX_TARGETS_BYTES)]),
        ("file for `--data`, and standard input", [_mib(MAX_BODY_BYTES)]),
        ("file for `--curl`, and standard input", [f"{MAX_COMMAND_CHARS >> 20} Mi"]),
        ("response header, HTTP/1.1", [f"{MAX_HEAD_BYTES >> 10} KiB"]),
        ("body that is no event stream", [f"{BODY_LIMIT_BYTES >> 10} KiB"]),
        (
            "event stream",
            [_mib(ITEM_LIMIT_BYTES), f"last {MAX_TAIL_ITEMS} events", f"{MAX_ITEM_CHARS} char"],
        ),
    ],
)
def test_each_limit_is_that_of_the_code(row: str, limits: Sequence[str]) -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {row} |"))

    for limit in limits:
        assert limit in line


def test_the_number_of_targets_is_that_of_the_code() -> None:
    assert f"at most {MAX_TARGETS}\ntargets" in TEXT or f"at most {MAX_TARGETS} targets" in TEXT
    assert f"up to {MAX_SESSIONS} sessions" in TEXT


def test_each_command_at_a_vantage_is_named() -> None:
    """The words of the scripts that are programs on this machine, and no work of the shell."""
    table = TEXT.partition("| purpose | commands |")[2].partition("\n\n")[0]
    named = set(re.findall(r"[a-z][\w.-]*", table))
    scripts = [DUMP_SCRIPT, FILES_SCRIPT, DISCOVERY_COMMAND[-1], *(t.script for t in TOOLS)]
    scripts += [FOLLOW_SCRIPT, raw._BASH_PROGRAM.decode(), with_watchdog("", hold=True)[-1]]

    words = {word for script in scripts for word in _IN_SCRIPTS.findall(_without_text(script))}
    commands = {word for word in words - _IN_SHELL if shutil.which(word)}

    assert {"head", "grep", "curl", "dd"} <= commands
    assert commands <= named


def _without_text(script: str) -> str:
    """The script without its comments, its messages, the format of a date and Python's text."""
    return re.sub(r"(?m)^\s*#.*$|why='[^']*'|\"\+[^\"]*\"|python3 -c \"[^\"]*\"", "", script)
