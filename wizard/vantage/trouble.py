"""Why a place cannot be used: exit status and what was said there, in one plain sentence."""

from wizard.text import safe

ENDLESS = "it prints without end before anything begins there: is a command missing in its prefix?"


def sentence(code: int | None, said: str, printed: str = "") -> str:
    """Why nothing began over there."""
    return _last(said) or _last(printed) or f"it ended with status {code} before anything began"


def late(within: float, said: str) -> str:
    """Why nothing began in time."""
    heard = _last(said)
    return f"no answer within {within:.0f} s" + (f": {heard}" if heard else "")


def lost(code: int | None, said: str) -> str:
    """Why the way there broke off."""
    return f"the way there was lost: {_last(said) or f'status {code}'}"


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return safe(lines[-1], 300) if lines else ""
