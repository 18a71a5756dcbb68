"""What the live streams show against a step that found them live: the proxied one is cut alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from screens.live.buffer import Side, Stream

_ALONE_S = 1.0
"""How much longer the direct stream must stay open, in seconds."""


@dataclass
class CutAlone(Message):
    """The proxied stream has ended after so many seconds, and the direct one continued; None if
    that is not so any more, since both were asked for again."""

    after_s: float | None


def cut_alone_s(streams: Mapping[Side, Stream], now: float) -> float | None:
    """After how many seconds the proxied stream ended while the direct one was open, and for a
    moment more; None if that is not so.

    Args:
        now: Seconds since both were asked for.
    """
    proxied, direct = streams.get("proxy"), streams.get("direct")
    if proxied is None or direct is None or proxied.end is None:
        return None
    cut_s, mark = proxied.end
    open_s = direct.end[0] if direct.end else now
    is_left = direct.end is None or direct.end[1].kind == "left"
    is_cut = mark.kind in ("ended", "cut") and direct.headers_s is not None
    return cut_s if is_cut and is_left and open_s > cut_s + _ALONE_S else None
