"""The config of an Nginx at a vantage, as it says itself: `nginx -T` there."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from secrets import token_hex

from wizard.model.config import Config
from wizard.nginx.fetch.local import error_line
from wizard.nginx.fetch.scripts import DUMP_SCRIPT
from wizard.nginx.load import config_from_text
from wizard.nginx.store import MAX_FILE_BYTES, decode_config
from wizard.text.display import safe
from wizard.text.errors import ConfigError, VantageError
from wizard.vantage.process import CommandResult
from wizard.vantage.scripts import pack_script, strip_shell_prefix
from wizard.vantage.session import VantageSession

COMMAND_TIMEOUT_S = 30.0
"""How long, in seconds, one command there may take: `nginx -T` resolves the names of upstreams."""

_NO_SHELL = re.compile(r"\bsh\b\W.*(not found|no such file)|\bno shell\b", re.IGNORECASE)


async def run_script(
    vantage_session: VantageSession, script: str, words: Sequence[str], within: float, limit: int
) -> CommandResult:
    """Run a static script there with these arguments, its output bounded.

    Raises:
        VantageError: The place cannot be reached, has no shell, or was lost.
    """
    try:
        argv = pack_script(script, *words)
        return await vantage_session.collect(argv, within=within, limit=limit + (1 << 20))
    except VantageError as error:
        if not _NO_SHELL.search(str(error)):
            raise
        said = "no config can be read without a shell (sh) there; copy it here: --conf FILE"
        raise VantageError(f"{error}; {said}") from None


def failure_of(done: CommandResult) -> str:
    """Why our script did not come to its end, in the words of whoever stopped it."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    last = safe(strip_shell_prefix(lines[-1]), 200) if lines else ""
    if done.timed_out:
        return f"no answer in time{f': {last}' if last else ''}"
    if done.truncated:
        return "what it printed is too large for a config"
    return last or f"it ended with status {done.code} and printed nothing to read"


MAX_OTHERS = 4
"""How many further Nginx are named."""
_SAMPLE = "/etc/nginx/nginx.conf"


async def dump_remote(
    vantage_session: VantageSession, port: int | None = None, *, within: float = COMMAND_TIMEOUT_S
) -> Config:
    """What `nginx -T` prints there, with the config that the running Nginx was started with.

    Args:
        port: Of several that run there, the one that listens on it is asked.

    Raises:
        ConfigError: There is no Nginx, or it refuses: in its own words, and what to try instead.
        VantageError: The place cannot be reached, has no shell, or was lost.
    """
    where, mark = f"{vantage_session.vantage.name}: nginx -T", token_hex(8)
    done = await run_script(
        vantage_session, DUMP_SCRIPT, [mark, "dump", str(port or "")], within, MAX_FILE_BYTES
    )
    said = _marked(done.stdout, mark)
    if "end" not in said:
        problem = failure_of(done)
        raise ConfigError(
            _hint(problem, vantage_session, said) if done.timed_out else problem, where
        )
    if "none" in said:
        raise ConfigError(_hint("no Nginx was found there", vantage_session, said), where)
    if said["end"].strip() != b"0":
        problem = strip_shell_prefix(error_line(done.stderr))
        raise ConfigError(_hint(problem, vantage_session, said), where)
    config = config_from_text(decode_config(said.get("dump", b""), where), where, _version(said))
    unsure = _unsure(said, port, vantage_session)
    notes = (unsure, *config.notes) if unsure else config.notes
    return replace(config, command=_asked(said), doubt=unsure, notes=notes)


async def remote_version(vantage_session: VantageSession, within: float) -> str | None:
    """What `nginx -v` says there; a file's defaults are that version's."""
    mark = token_hex(8)
    done = await run_script(vantage_session, DUMP_SCRIPT, [mark, "version"], within, 1 << 16)
    return _version(_marked(done.stdout, mark))


def _version(said: dict[str, bytes]) -> str | None:
    words = _word(said.get("version", b"")).partition("/")[2].split()
    return words[0] if words else None


def _word(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip()


def _asked(said: dict[str, bytes]) -> str:
    """The command, where the running Nginx was started with a config or a prefix of its own."""
    words = _word(said.get("words", b""))
    return f"{safe(words, 200)} -T" if " -c " in words or " -p " in words else ""


def _unsure(said: dict[str, bytes], port: int | None, vantage_session: VantageSession) -> str:
    """Why this may be the config of the wrong one of several; empty where the port decided."""
    fits, read, *others = _masters(said)
    if not others or fits == "1":
        return ""
    count = "none of them is" if fits == "0" else f"{safe(fits, 10)} of them are"
    why = f"{count} seen to listen on port {port}" if port else "the port is not known"
    shown = ", ".join(_config_of(one) or safe(one, 100) for one in others)
    choice = next(filter(None, map(_config_of, others)), "PATH")
    name = vantage_session.vantage.name
    return (
        f"further Nginx run there: {shown} ({why}; this is of "
        f"{_config_of(read) or safe(read, 100)}); choose: --conf {name}={choice}"
    )


def _masters(said: dict[str, bytes]) -> list[str]:
    """How many of several listen on the port; the command line of the one that was asked, and of
    the others. Nothing but that of the one where no others run."""
    fits, *titles = _word(said.get("others", b"")).split("\n")[: MAX_OTHERS + 2]
    return [fits, *(titles or [_word(said.get("words", b""))])]


def _config_of(title: str) -> str:
    """The config file that a command line names; empty where it names none."""
    conf, prefix = (_OPTIONS[letter].search(title) for letter in "cp")
    path = os.path.join(prefix[1] if prefix else "", conf[1]) if conf else ""
    return safe(path, 300) if path.startswith("/") else ""


_OPTIONS = {letter: re.compile(rf" -{letter} ?(\S+)") for letter in "cp"}


def _hint(problem: str, vantage_session: VantageSession, said: dict[str, bytes]) -> str:
    """What to try instead: the files that the running Nginx name, else the usual one."""
    named = list(filter(None, map(_config_of, _masters(said)[1:])))
    files = " or ".join(f"{vantage_session.vantage.name}={path}" for path in named or [_SAMPLE])
    return f"{problem}; name the file instead: --conf {files}"


def _marked(raw: bytes, mark: str) -> dict[str, bytes]:
    """The script's parts by their names. The mark is drawn anew for each command, so that no
    file can hold it."""
    parts: dict[str, bytes] = {}
    for part in raw.split(f"\n{mark} ".encode())[1:]:
        name, _, body = part.partition(b"\n")
        parts[name.decode("ascii", "replace")] = body
    return parts
