"""The user's `config.toml`: where it is, and its content if nobody else could write it."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

CONFIG = "SSEWIZARD_CONFIG"
"""The environment variable that names another config file."""


def config_file() -> Path:
    """The path of the config file in this platform's place; it may not exist."""
    if given := os.environ.get(CONFIG):
        return Path(given)
    base = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):
        home = {"darwin": "~/Library/Application Support"}.get(sys.platform, "~/.config")
        base = os.path.expanduser(home)
    return Path(base) / "ssewizard" / "config.toml"


def read_config_file() -> Mapping[str, Any]:
    """The content of the config file; empty if there is no file. Raises `UsageError`."""
    path = config_file()
    file = safe(str(path), 200)
    if not os.environ.get(CONFIG) and not path.exists():
        return {}
    require_own(path)
    # Imported here: most runs read no config file.
    from wizard.cli.toml_file import read_toml

    return read_toml(str(path), file)


def require_own(path: Path) -> None:
    """Raise `UsageError` if another user could write the file: it may hold commands to run."""
    try:
        status = path.stat()
    except OSError:
        return  # Reading it says why it cannot be read.
    if status.st_mode & stat.S_IWOTH or status.st_uid not in (0, os.geteuid()):
        raise UsageError(
            tr(
                "{file}: other users can write to it, so it is not read: run chmod go-w on it",
                file=safe(str(path), 200),
            )
        )
