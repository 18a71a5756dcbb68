"""Words as Nginx reads them."""

import re
from urllib.parse import quote

_PLAIN = re.compile(r"[^\s;{}\"'\\#$]+")


def word(text: str) -> str:
    """`text` as one word of a config: in quotes where Nginx would end or change it."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def regex(path: str) -> str:
    """A pattern that matches this path alone, as PCRE reads it."""
    return f"^{re.escape(path)}$"


def uri(path: str) -> str:
    """A decoded path as Nginx would send it upstream (`ngx_escape_uri`), without variables."""
    return quote(path, safe="/!&'()*+,-.:;=@_~[]")
