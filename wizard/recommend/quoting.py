"""Words as Nginx reads them (`ngx_conf_read_token`)."""

import re
from urllib.parse import quote

_PLAIN = re.compile(r"(?:[^\s;{}\"'\\#]|\\[^\s;{}\"'\\trn])+")
_ESCAPE = re.compile(r"\\([\"'\\trn])")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}


def word(text: str) -> str:
    """`text` as one word of a config: in quotes where Nginx would end or change it."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def meant(written: str) -> str:
    """What a word means to Nginx: it takes the backslash from some escapes, and leaves others."""
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), written)


def uri(path: str) -> str:
    """A decoded path as Nginx would send it upstream (`ngx_escape_uri`), without variables."""
    return quote(path, safe="/!&'()*+,-.:;=@_~[]")
