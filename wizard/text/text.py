"""Untrusted bytes made fit to show: no control sequence reaches a terminal, no secret a file."""

import re
import unicodedata
from collections.abc import Callable

_SHOWN = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_NO_CHARACTER = 0xFFFE
"""What U+FFFE, U+FFFF and their like in each plane have in common; XML has no way to hold them."""


def visible(text: str, limit: int = 2000) -> str:
    """`text` in one line, every control or format character written out, cut at `limit`.

    C0, C1, DEL, bidirectional overrides, lone surrogates and U+2028/9 are written as escapes,
    so what a server sends can neither move the cursor nor reorder what is read.
    """
    cut = text[:limit]
    shown = cut if cut.isascii() and cut.isprintable() else "".join(map(_shown, cut))
    return f"{shown}… ({len(text) - limit} more)" if len(text) > limit else shown


def _shown(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    if char in _SHOWN:
        return _SHOWN[char]
    if unicodedata.category(char) in _UNSAFE or ord(char) & _NO_CHARACTER == _NO_CHARACTER:
        return f"\\u{{{ord(char):x}}}"
    return char


MASK = "[redacted]"
PUBLIC_HEADERS = frozenset(
    {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "content-type",
        "origin",
        "last-event-id",
        "mcp-protocol-version",
    }
)
"""The request headers, in lower case, whose values anybody may read; of others nobody knows."""
_WITHHELD = re.compile(r"\[redacted-[0-9]{1,9}\]|://redacted-[0-9]{1,9}@")

_HEADER = (
    r"(?:(?:proxy-)?authorization|cookie|set-cookie2?|api-?key|x-auth[\w-]*"
    r"|(?:[a-z0-9]+-)+(?:token|secret|key|session-id|password|jwt|signature|credentials?|auth))"
)
"""Headers that hold a credential. A hyphen before `token` or `key` makes it a header's name."""
_NAME = (
    r"(?:[\w.-]*?(?:session[_-]?id|sessid|token|secret|passwd|password|passphrase|pwd|jwt"
    r"|api[_-]?key|access[_-]?key(?:id)?|signature|credentials?|assertion|authorization|cookie)"
    r"|sid|session|auth)"
)
"""What a parameter, a cookie or a JSON key that holds a credential is called; `tokens` does not."""
_SHORT = r"(?:key|code|sig|state|nonce|otp|ticket)"
"""Names that mean a credential in a query alone: `code=5` is ordinary text."""
_COLON = r"([ \t]*(?::[ \t]*|=[ \t]*(?![\"'\s])))"
_VALUE = r"(?:\"[^\"\s;,)\]}][^\"\r\n]*(?:\"|$)|'[^'\s;,)\]}][^'\r\n]*(?:'|$)|[^\s&\"'#;<>]+)"
_ENCODED = r"(?:(?!%26|%23)[^\s&\"'#;<>])+"
_ORDINARY = r"(?!(?:tokens?|auth\w*|schemes?|credentials?|realm|errors?|headers?)\b|\w+=\")"
"""What follows a scheme's name in prose, or in a challenge: `Bearer realm="…"`."""
_MIXED = r"(?-i:(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]+[A-Z0-9]))"

_WORD = r"(?P<secret>(?(quote)(?:(?!(?P=quote))[^\r\n])+|[^\s\"']+))"
"""The rest of a shell's word, after a quote that may stand before it."""
_QUOTE = r"(?P<quote>[\"'])?"
SECRET_OPTION = (
    r"--?(?:[\w-]*(?:token|secret|password|passwd|passphrase|api-?key|access-?key|credential)s?"
    r"|(?:[\w-]*-)?(?:pass|bearer|cookie))"
)
"""The options of a command that a secret follows."""
_ENDS = r"(?=[ \t=]|$)"
USER_OPTION = rf"(?-i:-[a-zA-Z]{{0,15}}u|--user{_ENDS})"
PROXY_USER_OPTION = rf"(?-i:-[a-zA-Z]{{0,15}}U|--proxy-user{_ENDS})"
"""The options of curl that `name:password` follows; to other tools -u is a user and a group."""
_PROSE = r"(?!-|(?:is|are|was|has|must|needs?|requires?|and|or|not|to|for|from|in|can\w*)\b)"

_SECRETS = tuple(
    re.compile(f"(?im){pattern}")
    for pattern in (
        # A header ends with its line, or where the quotes around it end.
        rf"(?<=\"){_HEADER}{_COLON}(?!\s)(?P<secret>(?:[^\"\\\r\n]|\\.)+)",
        rf"(?<='){_HEADER}{_COLON}(?!\s)(?P<secret>[^'\r\n]+)",
        rf"(?<![\w\"'-]){_HEADER}{_COLON}(?!\s)(?P<secret>[^\r\n]+)",
        r"\bdigest[ \t]+(?=username=)(?P<secret>[^\r\n]+)",
        rf"\bbearer\s+{_ORDINARY}(?P<secret>[\w+/.=~-]{{6,}})",
        rf"\b(?:basic|negotiate)\s+{_MIXED}(?P<secret>[A-Za-z0-9+/_.=~-]{{6,}})",
        rf"\"{_NAME}\"\s*:\s*\"(?P<secret>(?:[^\"\\]|\\.)+)",
        rf"\\\"{_NAME}\\\"\s*:\s*\\\"(?P<secret>[^\"\\]+)",
        rf"(?<![\w.-]){_NAME}=(?!\[redacted\])(?P<secret>{_VALUE})",
        rf"(?:[?&]|&amp;){_SHORT}=(?!\[redacted\])(?P<secret>{_VALUE})",
        # The same inside a query that is itself a parameter: %3FsessionId%3D…%26.
        rf"(?<![\w.-]){_NAME}%3d(?P<secret>{_ENCODED})",
        rf"(?:%3f|%26){_SHORT}%3d(?P<secret>{_ENCODED})",
        # Everything before the last @ of an authority; longer than any host name, it was cut.
        r"://(?P<secret>[^/?#\s\"'<>]*)@",
        r"://(?P<secret>[^/?#\s\"'<>@]{256,})",
        r"(?<![a-z0-9])(?P<secret>(?-i:eyJ)[\w-]{8,}(?:\.[\w-]*)*)",
        rf"(?<![\w-]){SECRET_OPTION}[ \t]+{_PROSE}{_QUOTE}{_WORD}",
        rf"\bsshpass[ \t]+-p[ \t]*{_QUOTE}{_WORD}",
        *(
            rf"\bcurl\b[^\r\n;|]{{0,300}}?[ \t]{option}[ \t=]*{_QUOTE}[^\s:\"']{{1,200}}:{_WORD}"
            for option in (USER_OPTION, PROXY_USER_OPTION)
        ),
        # What a case file has in place of a secret, to tell one from another.
        r"(?P<secret>\[redacted-[0-9]{1,9}\])",
    )
)


_TELLING = (
    *("auth", "cookie", "key", "token", "secret", "session", "sessid", "sid", "passw", "pwd"),
    *("passphrase", "jwt", "signature", "credential", "assertion", "code", "sig", "state"),
    *("nonce", "otp", "ticket", "bearer", "basic", "negotiate", "digest", "://", "eyj"),
    *("[redacted-", "--pass", "-pass", "sshpass", "curl"),
)
"""One of these, in whatever case, stands in all that the patterns find."""


def redact(text: str, mask: Callable[[str], str] = lambda secret: MASK) -> str:
    """`text` without credentials: auth headers, cookies, tokens and session ids in URLs, JWTs.

    Args:
        mask: What stands in place of a secret.
    """

    def masked(found: re.Match[str]) -> str:
        start, end = (at - found.start() for at in found.span("secret"))
        return f"{found[0][:start]}{mask(found['secret'])}{found[0][end:]}"

    low = text.lower()
    if text.isascii() and not any(word in low for word in _TELLING):
        return text  # nearly all texts, at a hundredth of the cost
    for pattern in _SECRETS:
        text = pattern.sub(masked, text)
    return text


def is_withheld(text: str) -> bool:
    """Whether a secret in it was left out of a case file, and so cannot be sent."""
    return _WITHHELD.search(text) is not None


_NEAR = 256
"""How far back from a cut, in characters, its last whole word is looked for."""


def clip(text: str, size: int) -> str:
    """At most `size` characters, cut between words: half a URL could hide that it has a password
    in it."""
    if len(text) <= size:
        return text
    at = max(text.rfind(blank, max(size - _NEAR, 0), size) for blank in " \t\r\n")
    return text[:at] if at > 0 else text[:size]


def safe(text: str, limit: int = 2000) -> str:
    """Both: what a report or the screen may hold of an untrusted text."""
    head = clip(text, limit * 4)
    clean = redact(head)
    shown = visible(clean, limit)
    return f"{shown}…" if len(head) < len(text) and len(clean) <= limit else shown


def capital(text: str) -> str:
    """With a capital at its beginning, the rest as it is; an empty text stays empty."""
    return text[:1].upper() + text[1:]


def seconds(value: float | None) -> str:
    """A duration for a reader: `12 ms`, `2.31 s`, `–` for never."""
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def printable_block(text: str, *, tabs: bool = False) -> str:
    """A text of several lines, each made visible; for config that is shown to be pasted.

    Args:
        tabs: Whether tabs stay: a diff whose tabs are gone does not apply.
    """
    lines = text.removesuffix("\n").split("\n") if text else ()
    return "".join(f"{_printable(line.removesuffix(chr(13)), tabs)}\n" for line in lines)


def _printable(line: str, tabs: bool) -> str:
    return "\t".join(map(visible, line.split("\t"))) if tabs else visible(line.expandtabs(4))


def in_short(body: str) -> str:
    """The beginning of an answer's body in one line; of an HTML page only its title."""
    if not body.startswith("<"):
        return safe(" ".join(body.split()), 120)
    title = re.search(r"(?is)<title>(.*?)</title>", body)
    return f'a page, "{safe(title[1].strip(), 80)}"' if title else "a page"
