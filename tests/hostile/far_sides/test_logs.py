"""Hostile commands of logs: the check ends as without them, with a sentence about the log."""

from collections.abc import Iterator

import pytest

from tests.hostile.run import assert_well_behaved, run
from tests.hostile.signals.wizards import live_server
from tests.tools import needs
from tests.vantage.remote import new_token, pids_with

CUT = "more than 1 MiB were written since the start"
NO_LINE = "it has no line at all"
COMMANDS = {
    "prints without end": ("yes 127.0.0.1", CUT),
    "a line without end": ("cat /dev/zero", CUT),
    "random bytes": ("cat /dev/urandom", CUT),
    "a gigabyte": ("head -c 1000000000 /dev/zero", CUT),
    "says nothing": ("sleep 77", NO_LINE),
    "ends at once": ("true", NO_LINE),
    "fails": ("sh -c 'printf \"\\033[2Jbad\\n\" >&2; exit 3'", "\\e[2Jbad (exit status 3)"),
    "escapes": ("sh -c 'printf \"\\033[2J\\033]0;x\\007\\n\"; sleep 77'", "none from our probes"),
    "floods standard error": ("sh -c 'yes >&2'", NO_LINE),
    "ignores signals": ("sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done'", NO_LINE),
    "forks": ("sh -c 'sleep 77 & sleep 77'", NO_LINE),
    "asks for a password": ("sh -c 'printf \"password: \" >&2; sleep 77'", NO_LINE),
    "closes its outputs": ("sh -c 'exec >&- 2>&-; sleep 77'", NO_LINE),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a live stream."""
    with live_server() as url:
        yield url


@needs("yes")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_log_command(name: str, url: str) -> None:
    command, says = COMMANDS[name]
    token = new_token()
    done = run("check", url, "--stall", "5", "--log", f"x={command}", env={"MARK": token})
    assert_well_behaved(done)
    assert done.out.startswith("HEALTHY")
    assert says in " ".join(done.out.split())
    assert pids_with(token) == []
