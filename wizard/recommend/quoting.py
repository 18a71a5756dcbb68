"""Words as Nginx reads them (`ngx_conf_read_token`)."""

import re
import unicodedata
from urllib.parse import quote

from wizard.text import visible

_NOT_TEXT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN = re.compile(r"(?:[^\s;{}\"'\\#]|\\[^\s;{}\"'\\trn])+")
_ESCAPE = re.compile(r"\\([\"'\\trn])")
_TAKEN = re.compile(r"\\(?=[\"'\\trn]|$)")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}


def word(text: str) -> str:
    """`text` as one word of a config: in quotes where Nginx would end or change it."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = _TAKEN.sub(r"\\\\", text).replace('"', '\\"')
    return f'"{escaped}"'


def meant(written: str) -> str:
    """What a word means to Nginx: it takes the backslash from some escapes, and leaves others."""
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), written)


def uri(path: str) -> str:
    """A decoded path as Nginx would send it upstream (`ngx_escape_uri`), without variables."""
    return quote(path, safe="/!&'()*+,-.:;=@_~[]")


def is_text(line: str) -> bool:
    """Whether a line may be shown as it stands: it can move no cursor, and was valid UTF-8."""
    return all(map(_is_plain, line))


def printable(text: str) -> str:
    """`text` with each character written out that may not be shown; line ends stay."""
    return "".join(char if char == "\n" or _is_plain(char) else visible(char) for char in text)


def _is_plain(char: str) -> bool:
    return char == "\t" or (char != "\ufffd" and unicodedata.category(char) not in _NOT_TEXT)
