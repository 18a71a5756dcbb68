"""The theme and the mouse: from the user's config file, the last choice, or the terminal."""

import contextlib
import os
from collections.abc import Mapping

from screens.state_folder import existing_folder, write_private
from screens.themes import THEMES, theme_for
from wizard.model.preferences import Preferences
from wizard.text.display import comma_list, safe
from wizard.text.errors import UsageError
from wizard.text.files import read_regular
from wizard.text.messages import tr

THEME_FILE = "theme.txt"
NO_MOUSE = "SSEWIZARD_NO_MOUSE"
_MAX_THEME_BYTES = 64
_NAMES = tuple(theme.name for theme in THEMES)


def first_theme(preferences: Preferences) -> str:
    """The theme of the config file, else the one chosen last, else what suits the terminal.

    With NO_COLOR no choice counts.
    """
    if os.environ.get("NO_COLOR"):
        return theme_for()
    return preferences.theme or _last_theme() or theme_for()


def _last_theme() -> str:
    """The theme that was chosen last; empty if there is none."""
    with contextlib.suppress(OSError):
        if (folder := existing_folder()) is not None:
            data = read_regular(folder / THEME_FILE, _MAX_THEME_BYTES)
            name = data.decode("ascii", "replace").strip()
            return name if name in _NAMES else ""
    return ""


def keep_theme(name: str, preferences: Preferences) -> str:
    """Keep a chosen theme for the next start; return what to tell the user, if anything."""
    try:
        write_private(THEME_FILE, f"{name}\n")
    except OSError:
        return tr("The theme cannot be saved: it is used until you quit.")
    if preferences.theme and name != preferences.theme:
        return tr("The next start uses the theme in {file} again.", file=preferences.file)
    return ""


def is_mouse_wanted(preferences: Preferences, environment: Mapping[str, str] = os.environ) -> bool:
    """True on a local terminal, unless the user leaves the mouse to the terminal.

    Over SSH, selecting and copying with the terminal's own mouse is worth more than clicks.
    """
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return False
    is_off = environment.get(NO_MOUSE, "").lower() not in ("", "0", "false", "no", "off")
    return preferences.mouse and not is_off


def check_theme(preferences: Preferences) -> None:
    """Raise `UsageError` for a theme that does not exist."""
    if preferences.theme and preferences.theme not in _NAMES:
        known = tr("the themes are {names}", names=comma_list(_NAMES))
        raise UsageError(
            tr(
                "{file}: theme: {theme} is not a theme: {known}",
                file=preferences.file,
                theme=safe(preferences.theme, 60),
                known=known,
            )
        )
