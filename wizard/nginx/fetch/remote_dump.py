"""The output of `nginx -T` at a vantage, and running of scripts there."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex

from wizard.model.config import Config
from wizard.nginx.fetch.aside import run_aside
from wizard.nginx.fetch.local import error_line
from wizard.nginx.fetch.scripts import DUMP_SCRIPT
from wizard.nginx.load import config_from_text
from wizard.nginx.store import MAX_FILE_BYTES, decode_config
from wizard.text.display import clauses, comma_list, safe
from wizard.text.errors import ConfigError, VantageError
from wizard.text.messages import tr
from wizard.vantage.process import CommandResult
from wizard.vantage.scripts import pack_script, strip_shell_prefix
from wizard.vantage.session import VantageSession

COMMAND_TIMEOUT_S = 30.0
"""The time limit of one remote command in seconds; `nginx -T` resolves the names of upstreams."""
MAX_OTHERS = 4
"""The number of further running Nginx that a message names."""
_USUAL_CONF = "/etc/nginx/nginx.conf"
_NO_SHELL = re.compile(r"\bsh\b\W.*(not found|no such file)|\bno shell\b", re.IGNORECASE)
_CONF_OPTION = re.compile(r" -c ?(\S+)")
_PREFIX_OPTION = re.compile(r" -p ?(\S+)")


async def run_script(
    session: VantageSession, script: str, words: Sequence[str], timeout_s: float, limit: int
) -> CommandResult:
    """Run a static script with these arguments at the vantage.

    Its output may have `limit` bytes and a further MiB. Raises `VantageError` if the vantage cannot
    be reached, has no shell, or was lost.
    """
    try:
        argv = pack_script(script, *words)
        return await session.collect(argv, within=timeout_s, limit=limit + (1 << 20))
    except VantageError as error:
        if not _NO_SHELL.search(str(error)):
            raise
        hint = tr(
            "the config cannot be read: that place has no shell (sh). Copy the config to this "
            "machine: --conf FILE"
        )
        raise VantageError(clauses((str(error), hint))) from None


def failure_of(result: CommandResult) -> str:
    """Why a script did not finish: a limit of ours, or the last line of its error output."""
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    last = safe(strip_shell_prefix(lines[-1]), 200) if lines else ""
    if result.timed_out:
        return tr("no answer in time{reason}", reason=f": {last}" if last else "")
    if result.truncated:
        return tr("its output is too large for a config")
    return last or tr("it ended with status {code} and printed nothing", code=result.code)


@dataclass(frozen=True, slots=True)
class _DumpOutput:
    """The output of `DUMP_SCRIPT`: the bytes of each part by the part's name."""

    parts: Mapping[str, bytes]

    @staticmethod
    def split(output: bytes, mark: str) -> "_DumpOutput":
        """Split the output at the mark, which is random, so that no config can contain it."""
        parts: dict[str, bytes] = {}
        for part in output.split(f"\n{mark} ".encode())[1:]:
            name, _, body = part.partition(b"\n")
            parts[name.decode("ascii", "replace")] = body
        return _DumpOutput(parts)

    def text(self, name: str) -> str:
        """The text of a part without surrounding blanks; empty if there is no such part."""
        return self.parts.get(name, b"").decode("utf-8", "replace").strip()

    @property
    def version(self) -> str | None:
        """The version that `nginx -v` printed; None if it did not run."""
        words = self.text("version").partition("/")[2].split()
        return words[0] if words else None

    @property
    def command(self) -> str:
        """The dump's command, if Nginx was started with a config or prefix of its own."""
        words = self.text("words")
        return f"{safe(words, 200)} -T" if " -c " in words or " -p " in words else ""

    @property
    def masters(self) -> tuple[str, ...]:
        """The command lines of the running Nginx: first the one of the dump, then the others."""
        _, *titles = self.text("others").split("\n")[: MAX_OTHERS + 2]
        return tuple(titles or [self.text("words")])

    @property
    def listening(self) -> str:
        """The number of running Nginx that listen on the requested port, as text."""
        return self.text("others").split("\n")[0]


async def dump_remote(
    session: VantageSession, port: int | None = None, *, timeout_s: float = COMMAND_TIMEOUT_S
) -> Config:
    """The config that `nginx -T` prints, with the `-c` and `-p` of the running Nginx.

    Args:
        port: The requested Nginx's port, to choose among several that run.

    Raises:
        ConfigError: There is no Nginx, or it fails; with its error message and an alternative.
        VantageError: The vantage cannot be reached, has no shell, or was lost.
    """
    where, mark = f"{session.vantage.name}: nginx -T", token_hex(8)
    words = [mark, "dump", str(port or "")]
    result = await run_script(session, DUMP_SCRIPT, words, timeout_s, MAX_FILE_BYTES)
    output = _DumpOutput.split(result.stdout, mark)
    if problem := _problem(result, output):
        hint = _hint(output, session) if result.timed_out or "end" in output.parts else ""
        raise ConfigError(f"{problem}{hint}", where)
    text = decode_config(output.parts.get("dump", b""), where)
    config = await run_aside(partial(config_from_text, text, where, output.version))
    doubt = _doubt(output, port, session)
    notes = (doubt, *config.notes) if doubt else config.notes
    return replace(config, command=output.command, doubt=doubt, notes=notes)


async def remote_version(session: VantageSession, timeout_s: float) -> str | None:
    """The version that `nginx -v` prints at the vantage; None if there is no Nginx."""
    mark = token_hex(8)
    result = await run_script(session, DUMP_SCRIPT, [mark, "version"], timeout_s, 1 << 16)
    return _DumpOutput.split(result.stdout, mark).version


def _problem(result: CommandResult, output: _DumpOutput) -> str:
    """Why there is no dump; empty if there is one."""
    if "end" not in output.parts:
        return failure_of(result)
    if "none" in output.parts:
        return tr("no Nginx was found there")
    if output.text("end") != "0":
        return strip_shell_prefix(error_line(result.stderr))
    return ""


def _doubt(output: _DumpOutput, port: int | None, session: VantageSession) -> str:
    """Why this may be the config of another Nginx; empty if only one runs or has the port."""
    dumped, *others = output.masters
    count = output.listening
    if not others or count == "1":
        return ""
    number = (
        tr("none of them is") if count == "0" else tr("{count} of them are", count=safe(count, 10))
    )
    reason = (
        tr("{number} seen to listen on port {port}", number=number, port=port)
        if port
        else tr("the port is not known")
    )
    names = comma_list(_conf_path(title) or safe(title, 100) for title in others)
    choice = next(filter(None, map(_conf_path, others)), "PATH")
    source = _conf_path(dumped) or safe(dumped, 100)
    option = f"--conf {session.vantage.name}={choice}"
    return tr(
        "several Nginx run there: {names} ({reason}; this config is of {source}); choose one "
        "with {option}",
        names=names,
        reason=reason,
        source=source,
        option=option,
    )


def _conf_path(title: str) -> str:
    """The absolute path of the config that a command line names; empty if it names none."""
    conf, prefix = _CONF_OPTION.search(title), _PREFIX_OPTION.search(title)
    path = os.path.join(prefix[1] if prefix else "", conf[1]) if conf else ""
    return safe(path, 300) if path.startswith("/") else ""


def _hint(output: _DumpOutput, session: VantageSession) -> str:
    """The alternative to a dump: the config files of the running Nginx, else the usual one."""
    paths = list(filter(None, map(_conf_path, output.masters))) or [_USUAL_CONF]
    files = tr(" or ").join(f"{session.vantage.name}={path}" for path in paths)
    return tr("; or name the file: --conf {files}", files=files)
