"""Untrusted bytes made fit to show: no control sequence reaches a terminal, no secret a file."""

import re
import unicodedata

_SHOWN = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str, limit: int = 2000) -> str:
    """`text` in one line, every control or format character written out, cut at `limit`.

    C0, C1, DEL, bidirectional overrides, lone surrogates and U+2028/9 are written as escapes,
    so what a server sends can neither move the cursor nor reorder what is read.
    """
    cut = text[:limit]
    shown = "".join(_shown(char) for char in cut)
    return f"{shown}… ({len(text) - limit} more)" if len(text) > limit else shown


def _shown(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    if char in _SHOWN:
        return _SHOWN[char]
    if unicodedata.category(char) in _UNSAFE:
        return f"\\u{{{ord(char):x}}}"
    return char


_SECRET_HEADERS = (
    "authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|"
    "mcp-session-id|api-key|x-amz-security-token"
)
_SECRET_PARAMS = (
    "session_?id|sid|token|access_token|refresh_token|id_token|api_?key|key|code|"
    "signature|sig|secret|password|passwd|auth|client_secret|state"
)
_RULES = (
    (re.compile(rf"(?i)\b({_SECRET_HEADERS})(\s*[:=]\s*)[^\r\n'\"]+"), r"\1\2[redacted]"),
    (re.compile(rf"(?i)([?&;]|\b)({_SECRET_PARAMS})=[^\s&\"'#;<>]+"), r"\1\2=[redacted]"),
    (
        re.compile(r"(?i)\b(bearer|basic|negotiate|digest)\s+[A-Za-z0-9+/_.=~-]{6,}"),
        r"\1 [redacted]",
    ),
    (re.compile(r"(?i)(\w[\w+.-]*://)[^/\s:@]+(:[^/\s@]*)?@"), r"\1[redacted]@"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), "[redacted]"),
)


def redact(text: str) -> str:
    """`text` without credentials: auth headers, cookies, tokens and session ids in URLs, JWTs."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def safe(text: str, limit: int = 2000) -> str:
    """Both: what a report or the screen may hold of an untrusted text."""
    return visible(redact(text[: limit * 4]), limit)


def seconds(value: float | None) -> str:
    """A duration for a reader: `12 ms`, `2.31 s`, `–` for never."""
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def printable_block(text: str) -> str:
    """A text of several lines, each made visible; for config that is shown to be pasted."""
    return "".join(f"{visible(line.replace(chr(9), '    '))}\n" for line in text.splitlines())
