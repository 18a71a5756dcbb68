"""Check before any request that the files that a target names can be read."""

from wizard.model.target import LOCAL, Source, Target
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import NotRegularError, describe_read_error, stat_regular
from wizard.text.messages import tr


def require_files(target: Target, where: str = "") -> None:
    """Raise `UsageError` if a config or a log on this machine cannot be opened.

    The message begins with `where`, the place of the target in a file, and the key; without it,
    with the option.
    """
    for key, source in (("conf", target.conf), *(("log", log) for log in target.logs)):
        if source is None or not is_local_file(source) or source.locator == "-":
            continue
        try:
            stat_regular(source.locator)
        except OSError as error:
            option = f"{where}: {key}:" if where else f"--{key}"
            raise unreadable(f"{option} {safe(source.locator, 300)}", error) from None


def is_local_file(source: Source) -> bool:
    """True for a file of this machine, or standard input; false for what a command prints."""
    return source.vantage == LOCAL and not source.command and bool(source.locator)


def unreadable(name: str, error: OSError) -> UsageError:
    """A `UsageError` with the file's name and why it cannot be read."""
    is_directory = isinstance(error, NotRegularError) and error.kind == "a directory"
    return UsageError(
        f"{name}: {tr('a directory') if is_directory else describe_read_error(error)}"
    )
