"""The themes: dark, light, high contrast, and the terminal's own sixteen colours."""

import os
from collections.abc import Mapping

from rich.terminal_theme import TerminalTheme
from textual.theme import BUILTIN_THEMES, Theme

ANSI = "terminal"
"""The theme of the terminal's own colours, which needs the fewest bytes."""


DARK_PALETTE = TerminalTheme(
    (17, 19, 28),
    (216, 219, 230),
    [
        (26, 29, 43),
        (255, 107, 107),
        (127, 216, 143),
        (255, 179, 71),
        (122, 162, 247),
        (199, 146, 234),
        (108, 217, 232),
        (216, 219, 230),
    ],
)
"""What the names of the sixteen colours mean in the dark themes."""
LIGHT_PALETTE = TerminalTheme(
    (250, 250, 250),
    (32, 34, 42),
    [
        (32, 34, 42),
        (179, 38, 30),
        (28, 122, 52),
        (138, 90, 0),
        (31, 95, 191),
        (122, 53, 158),
        (0, 108, 125),
        (90, 94, 106),
    ],
)


def _states(ok: str, look: str, fault: str, where: str, border: str) -> dict[str, str]:
    return {
        "state-ok": ok,
        "state-look": look,
        "state-fault": fault,
        "where": where,
        "panel-border": border,
        "footer-key-foreground": where,
        "footer-background": "transparent",
        "scrollbar": border,
        "scrollbar-background": "transparent",
    }


THEMES: tuple[Theme, ...] = (
    Theme(
        name="dark",
        dark=True,
        primary="#7aa2f7",
        background="#11131c",
        surface="#11131c",
        panel="#1a1d2b",
        foreground="#d8dbe6",
        success="#7fd88f",
        warning="#ffb347",
        error="#ff6b6b",
        accent="#7aa2f7",
        variables=_states("#7fd88f", "#ffb347", "#ff6b6b", "#7aa2f7", "#4a4f63"),
    ),
    Theme(
        name="light",
        dark=False,
        primary="#1f5fbf",
        background="#fafafa",
        surface="#fafafa",
        panel="#ececf0",
        foreground="#20222a",
        success="#1c7a34",
        warning="#8a5a00",
        error="#b3261e",
        accent="#1f5fbf",
        variables=_states("#1c7a34", "#8a5a00", "#b3261e", "#1f5fbf", "#b4b8c4"),
    ),
    Theme(
        name="high-contrast",
        dark=True,
        primary="#00d7ff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        foreground="#ffffff",
        success="#00ff5f",
        warning="#ffd700",
        error="#ff5f5f",
        accent="#00d7ff",
        variables=_states("#00ff5f", "#ffd700", "#ff5f5f", "#00d7ff", "#ffffff"),
    ),
    Theme(
        name=ANSI,
        ansi=True,
        dark=True,
        primary="ansi_blue",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        foreground="ansi_default",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        accent="ansi_bright_blue",
        boost="ansi_default",
        variables={
            **BUILTIN_THEMES["ansi-dark"].variables,
            **_states(
                "ansi_green", "ansi_yellow", "ansi_red", "ansi_bright_blue", "ansi_bright_black"
            ),
            "footer-background": "ansi_default",
            "footer-item-background": "ansi_default",
            "footer-description-background": "ansi_default",
            "footer-key-background": "ansi_default",
            "footer-foreground": "ansi_default",
            "footer-description-foreground": "ansi_default",
            "scrollbar-background": "ansi_default",
        },
    ),
)


def theme_for(environment: Mapping[str, str] = os.environ) -> str:
    """The theme to begin with: the terminal's own colours, unless it is a local one with more.

    Over SSH each colour of 24 bits costs some fifteen bytes more.
    """
    is_local = not environment.get("SSH_CONNECTION") and not environment.get("NO_COLOR")
    return "dark" if is_local and environment.get("COLORTERM") in ("truecolor", "24bit") else ANSI
