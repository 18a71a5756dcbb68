"""The language that a profile asks for, read before any message is translated."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.cli.commands import COMMANDS, is_bare_word
from wizard.cli.config_file import config_file, require_own
from wizard.text.errors import UsageError
from wizard.text.files import read_regular
from wizard.text.messages import VARIABLE

_MAX_FILE_BYTES = 1 << 20


def language_words(words: Sequence[str]) -> list[str]:
    """The words of the command line that say the `lang` and the `format` of the profile in it.

    A config file that cannot be read has none: that is reported where the options are read. No
    module is imported here that translates its messages when it is imported.
    """
    names = [word for word in words if is_bare_word(word) and word not in COMMANDS]
    profiles = _tables() if any(not name.startswith("-") for name in names) else {}
    profile = next((table for name in names if isinstance(table := profiles.get(name), dict)), {})
    keys = ("format",) if os.environ.get(VARIABLE) else ("lang", "format")
    return [f"--{key}={value}" for key in keys if isinstance(value := profile.get(key), str)]


def _tables() -> Mapping[str, Any]:
    path = config_file()
    if not path.exists():
        return {}
    import tomllib

    try:
        require_own(path)
        return tomllib.loads(read_regular(str(path), _MAX_FILE_BYTES).decode("utf-8-sig"))
    except (UsageError, OSError, ValueError, RecursionError):
        return {}
