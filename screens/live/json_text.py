"""JSON with line breaks and colours, each token as it was sent: no number or key is changed."""

import json
import re

from rich.text import Text

from wizard.text.display import visible
from wizard.text.messages import tr

MAX_SHOWN_CHARS = 64 << 10
"""How much of an event is shown in full."""
MAX_SHOWN_DEPTH = 100
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_INDENT = "  "
_KEY, _STRING, _WORD, _SIGN = "bold", "cyan", "magenta", "dim"


def pretty(text: str) -> Text:
    """The text of an event, as coloured JSON if it is that; control characters as escapes."""
    shown, more = text[:MAX_SHOWN_CHARS], max(0, len(text) - MAX_SHOWN_CHARS)
    drawn = _json(shown) if not more and _is_json(shown) else _lines(shown)
    if more:
        drawn.append(tr("\n… {more} more characters; s saves them", more=more), _SIGN)
    return drawn


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(text: str) -> Text:
    return Text("\n".join(visible(row, len(row)) for row in text.split("\n")))


def _json(text: str) -> Text:
    drawn, depth, tokens = Text(), 0, _TOKEN.findall(text)
    for number, token in enumerate(tokens):
        following = tokens[number + 1] if number + 1 < len(tokens) else ""
        if token in "}]":
            depth -= 1
            if tokens[number - 1] not in "{[":
                _break(drawn, depth)
        drawn.append(visible(token, len(token)), _style(token, following))
        if token in "{[":
            depth += 1
            if following not in "}]":
                _break(drawn, depth)
        elif token == ",":
            _break(drawn, depth)
        elif token == ":":
            drawn.append(" ")
    return drawn


def _break(drawn: Text, depth: int) -> None:
    drawn.append("\n" + _INDENT * min(depth, MAX_SHOWN_DEPTH))


def _style(token: str, following: str) -> str:
    if token[0] == '"':
        return _KEY if following == ":" else _STRING
    return _SIGN if token in "{}[],:" else _WORD
