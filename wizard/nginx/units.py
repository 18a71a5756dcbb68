"""Nginx's measurement units (https://nginx.org/en/docs/syntax.html)."""

import re

_SECONDS = {
    "ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000,
    "y": 31_536_000,
}  # fmt: skip
_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_PART = re.compile(r"([0-9]{1,18}(?![0-9]))(ms|[smhdwMy]?)\s*")


def duration_s(text: str) -> float | None:
    """A time such as `300`, `60s`, `1h 30m` in seconds; None if it is none (a variable)."""
    parts = _PART.findall(text)
    if not parts or "".join(a + b for a, b in parts) != re.sub(r"\s+", "", text):
        return None
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def size_bytes(text: str) -> int | None:
    """A size such as `4k` or `1m` in bytes; None if it is none."""
    found = re.fullmatch(r"([0-9]{1,18})([kKmMgG]?)", text.strip())
    return int(found[1]) * _BYTES[found[2].lower()] if found else None
