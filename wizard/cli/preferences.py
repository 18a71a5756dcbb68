"""The wizard's own settings in the config file: `theme`, `mouse` and the table `[keys]`."""

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.cli.config_file import config_file, read_config_file
from wizard.model.preferences import Preferences
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

_MAX_DEPTH = 4


def read_preferences() -> Preferences:
    """The settings; the defaults where there is no file. Raises `UsageError`.

    Names of themes and actions are not checked here: the wizard knows them.
    """
    data, file = read_config_file(), safe(str(config_file()), 200)
    theme, mouse, keys = data.get("theme", ""), data.get("mouse", True), data.get("keys", {})
    if not isinstance(theme, str):
        raise UsageError(tr('{file}: theme: write the name of a theme, such as "light"', file=file))
    if not isinstance(mouse, bool):
        raise UsageError(tr("{file}: mouse: write true or false", file=file))
    if not isinstance(keys, dict):
        raise UsageError(tr("{file}: keys: write it as a table, [keys]", file=file))
    return Preferences(theme, mouse, dict(_flattened(keys, file)), file)


def _flattened(table: Mapping[str, Any], file: str, before: str = "") -> Iterator[tuple[str, str]]:
    """The keys by their whole id: in TOML, `steps.all` without quotes is a table in a table."""
    for name, value in table.items():
        id = f"{before}{name}"
        if isinstance(value, dict) and id.count(".") < _MAX_DEPTH:
            yield from _flattened(value, file, f"{id}.")
        elif isinstance(value, str) and value.strip():
            yield id, value
        else:
            raise UsageError(
                tr(
                    '{file}: [keys]: {id}: write a key, such as "a" or "ctrl+s"',
                    file=file,
                    id=safe(id, 60),
                )
            )
