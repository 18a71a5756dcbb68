"""Styles of a terminal's text, and the shortest sequence from one to another.

SGR, ECMA-48 8.3.117.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29",
        "21": "24", "53": "55"}  # fmt: skip
"""Each attribute that can be set, and what takes it away."""
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})


@dataclass(frozen=True)
class Style:
    """What is set while text is written; empty colours are the terminal's own."""

    foreground: str = ""
    background: str = ""
    attributes: frozenset[str] = frozenset()

    @cached_property
    def of_blank(self) -> "Style":
        """The part of it that is seen on a blank."""
        seen = self.attributes & _SEEN_ON_BLANKS
        foreground = self.foreground if seen else ""
        return _style(foreground, self.background, seen)


@lru_cache(maxsize=4096)
def _style(foreground: str, background: str, attributes: frozenset[str]) -> Style:
    """The same value for the same style, so that comparing is quick."""
    return Style(foreground, background, attributes)


DEFAULT = _style("", "", frozenset())


@lru_cache(maxsize=4096)
def parse_style(parameters: str, before: Style) -> Style:
    """Return the style after an SGR sequence with these parameters."""
    foreground, background = before.foreground, before.background
    attributes = before.attributes
    codes = iter(parameters.split(";"))
    for code in codes:
        number = int(code or 0)
        if number == 0:
            foreground, background, attributes = "", "", frozenset[str]()
        elif number in (38, 48):
            kind = next(codes, "")
            values = [next(codes, "") for _ in range(3 if kind == "2" else 1)]
            color = ";".join([code, kind, *values])
            foreground, background = (color, background) if number == 38 else (foreground, color)
        elif code in _OFF:
            attributes |= {code}
        elif code in _OFF.values():
            attributes -= {each for each, off in _OFF.items() if off == code}
        elif number in (39, 49):
            foreground, background = ("", background) if number == 39 else (foreground, "")
        elif 30 <= number <= 37 or 90 <= number <= 97:
            foreground = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            background = code
    return _style(foreground, background, attributes)


@lru_cache(maxsize=4096)
def change_style(before: Style, after: Style) -> str:
    """Return the shortest sequence from one style to another."""
    if before == after:
        return ""
    if after == DEFAULT:
        return "\x1b[m"
    off = {_OFF[each] for each in before.attributes - after.attributes}
    kept = {each for each in before.attributes if _OFF[each] not in off}
    changes = [*sorted(off), *sorted(after.attributes - kept)]
    if before.foreground != after.foreground:
        changes.append(after.foreground or "39")
    if before.background != after.background:
        changes.append(after.background or "49")
    from_default = ["0", *sorted(after.attributes), after.foreground, after.background]
    return min(
        (f"\x1b[{';'.join(filter(None, codes))}m" for codes in (changes, from_default)), key=len
    )
