"""Redaction of credentials in any text: headers, URLs, JSON, shell commands, bare tokens."""

import os
import re
from collections.abc import Iterator, Sequence
from functools import cache

from wizard.text.marks import MARK, MARKS, TextFunction
from wizard.text.opaque import is_opaque
from wizard.text.token_shapes import HINTS, PATH_HINTS, PATH_SHAPES, SHAPES

_PUBLIC_HEADERS = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "content-type", "origin", "last-event-id"}
    | {"mcp-protocol-version"}
)
"""Request headers, in lower case, whose values are never secret. Others may be."""
_PSEUDONYM = re.compile(r"\[redacted-[0-9]{1,9}\]|://redacted-[0-9]{1,9}@")
"""The replacement of a secret in a case file; each secret has its own number."""

_SECRET_HEADER = (
    r"(?:(?:proxy-)?authorization|cookie|set-cookie2?|api-?key|x-auth[\w-]*"
    r"|(?:[a-z0-9]+-)+(?:token|secret|key|session-id|password|jwt|signature|credentials?|auth))"
)
"""Headers that hold a credential. A plain `token` or `key` is not a header: it needs a hyphen."""
_SECRET_NAME = (
    r"(?:[\w.-]*?(?:session[_-]?id|sessid|token|secret|passwd|password|passphrase|pwd|jwt"
    r"|api[_-]?key|access[_-]?key(?:id)?|signature|credentials?|assertion|authorization|cookie)"
    r"|sid|session|auth)"
)
"""Parameters, cookies and JSON keys that hold a credential; `tokens` is not among them."""
_QUERY_NAME = r"(?:key|code|sig|state|nonce|otp|ticket)"
"""Names of credentials in a query only: in other text `code=5` is ordinary."""
_HEADER_SEPARATOR = r"([ \t]*(?::[ \t]*|=[ \t]*(?![\"'\s])))"
"""Between a header's name and its value; `=` only where no quote follows."""
_VALUE = r"(?:\"[^\"\s;,)\]}][^\"\r\n]*(?:\"|$)|'[^'\s;,)\]}][^'\r\n]*(?:'|$)|[^\s&\"'#;<>]+)"
_ENCODED_VALUE = r"(?:(?!%26|%23)[^\s&\"'#;<>])+"
_NOT_ORDINARY = r"(?!(?:tokens?|auth\w*|schemes?|credentials?|realm|errors?|headers?)\b|\w+=\")"
"""Excludes words after a scheme's name in prose or in a challenge: `Bearer realm="…"`."""
_MIXED_CASE = r"(?-i:(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]+[A-Z0-9]))"
"""Looks ahead for Base64: a lower-case letter and a capital or a digit."""

_PASSWORD_NAME = (
    r"(?:[\w.-]*(?:passw(?:or)?d|passphrase|pwd)|(?:[\w-]*[_-])?(?:secret|access|private|api|auth)"
    r"[_-]?(?:access[_-]?)?(?:key|token)|client[_-]?secret|aws_secret_access_key)"
)
"""Names of secrets in ordinary text and in settings: `password: …`, `aws_secret_access_key = …`."""
_RANDOM_VALUE = (
    r"(?P<secret>(?=[^\s\"',]{0,300}[0-9])(?=[^\s\"',]{0,300}[a-z])"
    r"(?=[^\s\"',]{0,300}(?-i:[A-Z]))[\w+/=.~-]{12,})"
)
_NOT_A_STATE = (
    r"(?!\[redacted|(?:is|was|are|has|not|none|null|true|false|yes|no|on|off|empty|missing|required"
    r"|invalid|wrong|incorrect|expired|changed|optional|unknown|the|a|an|for|of|in|and|or)\b)"
)
"""Excludes prose about one: `password: required`."""
_NOT_A_PATH = r"(?!(?-i:/[a-z_./-]{1,200}[0-9]{0,2})(?:[\s\"',;]|$))"
"""Excludes a path of words: `pwd: /srv/www`."""
_NO_VALUE = f"{_NOT_A_STATE}{_NOT_A_PATH}"
_VALUE_IN_TEXT = (
    r"(?P<quote>[\"'])?(?P<secret>(?(quote)(?:(?!(?P=quote))[^\r\n])+|[^\s\"',;<>]{4,}))"
)

_REST = r"(?P<secret>(?(quote)(?:(?!(?P=quote))[^\r\n])+|[^\s\"']+))"
"""The rest of a shell word, after its opening quote if there is one."""
_QUOTE = r"(?P<quote>[\"'])?"
_SECRET_OPTION = (
    r"--?(?:[\w-]*(?:token|secret|password|passwd|passphrase|api-?key|access-?key|credential)s?"
    r"|(?:[\w-]*-)?(?:pass|bearer|cookie))"
)
"""Command line options whose value is a secret."""
_OPTION_END = r"(?=[ \t=]|$)"
_USER_OPTION = rf"(?-i:-[a-zA-Z]{{0,15}}u|--user{_OPTION_END})"
_PROXY_USER_OPTION = rf"(?-i:-[a-zA-Z]{{0,15}}U|--proxy-user{_OPTION_END})"
"""The options of curl whose value is `name:password`. To other tools, -u is a user and a group."""
_NOT_PROSE = r"(?!-|(?:is|are|was|has|must|needs?|requires?|and|or|not|to|for|from|in|can\w*)\b)"
"""Excludes text about an option: `--token is required`."""

_NAMES = (
    # A header ends with its line, or where the quotes around it end.
    rf"(?<=\"){_SECRET_HEADER}{_HEADER_SEPARATOR}(?!\s)(?P<secret>(?:[^\"\\\r\n]|\\.)+)",
    rf"(?<='){_SECRET_HEADER}{_HEADER_SEPARATOR}(?!\s)(?P<secret>[^'\r\n]+)",
    rf"(?<![\w\"'-]){_SECRET_HEADER}{_HEADER_SEPARATOR}(?!\s)(?P<secret>[^\r\n]+)",
    r"\bdigest[ \t]+(?=username=)(?P<secret>[^\r\n]+)",
    rf"\bbearer\s+{_NOT_ORDINARY}(?P<secret>[\w+/.=~-]{{6,}})",
    rf"\b(?:basic|negotiate)\s+{_MIXED_CASE}(?P<secret>[A-Za-z0-9+/_.=~-]{{6,}})",
    rf"\"{_SECRET_NAME}\"\s*:\s*\"(?P<secret>(?:[^\"\\]|\\.)+)",
    rf"\\\"{_SECRET_NAME}\\\"\s*:\s*\\\"(?P<secret>[^\"\\]+)",
    rf"(?<![\w.-]){_SECRET_NAME}=(?!\[redacted)(?P<secret>{_VALUE})",
    rf"(?:[?&]|&amp;){_QUERY_NAME}=(?!\[redacted)(?P<secret>{_VALUE})",
    # The same, percent-encoded in the value of another parameter: %3FsessionId%3D…%26.
    rf"(?<![\w.-]){_SECRET_NAME}%3d(?P<secret>{_ENCODED_VALUE})",
    rf"(?:%3f|%26){_QUERY_NAME}%3d(?P<secret>{_ENCODED_VALUE})",
)
_URLS = (
    # The user information of a URL: up to the last @, or cut off before the @ if it is longer
    # than any host name.
    r"://(?P<secret>[^/?#\s\"'<>]*)@",
    r"://(?P<secret>[^/?#\s\"'<>@]{256,})",
)
_TOKENS_AND_OPTIONS = (
    r"(?<![a-z0-9])(?P<secret>(?-i:eyJ)[\w-]{8,}(?:\.[\w-]*)*)",
    rf"(?<![\w-]){_SECRET_OPTION}[ \t]+{_NOT_PROSE}{_QUOTE}{_REST}",
    rf"\bsshpass[ \t]+-p[ \t]*{_QUOTE}{_REST}",
    *(
        rf"\bcurl\b[^\r\n;|]{{0,300}}?[ \t]{option}[ \t=]*{_QUOTE}[^\s:\"']{{1,200}}:{_REST}"
        for option in (_USER_OPTION, _PROXY_USER_OPTION)
    ),
    rf"(?<![\w.-]){_PASSWORD_NAME}[\"']?[ \t]*[:=][ \t]*{_NO_VALUE}{_VALUE_IN_TEXT}",
    # Of other names only what looks random: `key: value` is ordinary text.
    rf"(?<![\w-])(?:token|secret|key|credentials?)[\"']?[ \t]*[:=][ \t]*[\"']?{_RANDOM_VALUE}",
)
_NAME_HINTS = (
    *("auth", "cookie", "key", "token", "secret", "session", "sessid", "sid", "passw", "pwd"),
    *("passphrase", "jwt", "signature", "credential", "assertion", "code", "sig", "state"),
    *("nonce", "otp", "ticket", "bearer", "basic", "negotiate", "digest", "eyj"),
    *("--pass", "-pass", "sshpass", "curl", *HINTS),
)
_HINTS = {"name": _NAME_HINTS, "url": ("://",), "path": PATH_HINTS}
"""Every match of a pattern of this kind contains one of these in lower case."""
_PATTERNS: tuple[tuple[str, str], ...] = (
    *(("name", pattern) for pattern in _NAMES),
    *(("url", pattern) for pattern in _URLS),
    *(("name", pattern) for pattern in _TOKENS_AND_OPTIONS),
    *(("path" if pattern in PATH_SHAPES else "name", pattern) for pattern in SHAPES),
)
"""The kind of each pattern and its text, in the order in which they are applied."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled at its first use: most runs need few, and all together take long."""
    return re.compile(f"(?im){pattern}")


_SET_COOKIE = re.compile(r"(?i)[\\\"]*[a-z_]{0,20}set[-_]cookie")
"""A server chooses this value: its words are no secrets elsewhere."""


def redact(text: str, mask: TextFunction = MARKS.mark) -> str:
    """Return `text` without the secrets that its form shows, and without all that are known.

    `mask` returns the replacement of one secret.
    """

    def replace(match: re.Match[str]) -> str:
        secret = match["secret"]
        needs_opaque = "opaque" in match.re.groupindex
        is_left_out = not secret.strip("…'\". ")
        if is_left_out or MARK.fullmatch(secret) or (needs_opaque and not is_opaque(secret)):
            return match[0]
        start, end = (at - match.start() for at in match.span("secret"))
        is_answer = mask == MARKS.mark and _SET_COOKIE.match(match[0])
        shown = MARKS.mark_answer(secret) if is_answer else mask(secret)
        return f"{match[0][:start]}{shown}{match[0][end:]}"

    # For nearly all texts, a hundred times faster than all patterns.
    if kinds := _kinds_in(text):
        for kind, pattern in _PATTERNS:
            if kind in kinds:
                text = _compiled(pattern).sub(replace, text)
    return MARKS.redact_known(text) if mask == MARKS.mark else text


def _kinds_in(text: str) -> set[str]:
    """The kinds of patterns that can match in this text."""
    if not text.isascii():
        return set(_HINTS)
    lowered = text.lower()
    return {kind for kind, hints in _HINTS.items() if any(hint in lowered for hint in hints)}


_ANY_USER_OPTION = f"(?:{_USER_OPTION}|{_PROXY_USER_OPTION})"
_USER_AND_PASSWORD = re.compile(r"(?P<user>[^:]+:)(?P<secret>.+)", re.DOTALL)
_TOOLS = frozenset({"curl", "sshpass", "ssh"})


def redact_command(
    words: Sequence[str], redact_text: TextFunction, mask: TextFunction
) -> Iterator[str]:
    """Yield a command's words without the secrets after `--token`, sshpass's `-p`, curl's `-u`, ….

    Args:
        redact_text: Redacts any other word.
        mask: Returns the replacement of one secret.
    """
    previous, tool = "", ""
    for word in words:
        start, secret = _split_secret(word, previous, tool)
        yield f"{start}{mask(secret)}" if secret else redact_text(word)
        previous, name = word, os.path.basename(word)
        tool = name if name in _TOOLS else tool


def _split_secret(word: str, previous: str, tool: str) -> tuple[str, str]:
    """Return the public beginning of a word, and its secret (empty if it has none)."""
    if _compiled(_SECRET_OPTION).fullmatch(previous) or (previous == "-p" and tool == "sshpass"):
        return "", word
    if tool == "sshpass" and word.startswith("-p"):
        return "-p", word[2:]
    pair = _USER_AND_PASSWORD.fullmatch(word)
    option = _compiled(_ANY_USER_OPTION)
    is_user = option.fullmatch(previous) or option.match(word)
    return (pair["user"], pair["secret"]) if tool == "curl" and pair and is_user else ("", "")


def is_public_header(name: str) -> bool:
    """True for a request header whose value is never secret."""
    return name.lower() in _PUBLIC_HEADERS


def redact_header(name: str, value: str) -> str:
    """Return a request header's value, masked as a whole unless the header is a public one."""
    return redact(value) if is_public_header(name) else MARKS.mark(value)


def has_withheld_secret(text: str) -> bool:
    """True if the text comes from a case file that left out a secret: it cannot be sent."""
    return _PSEUDONYM.search(text) is not None
