"""The marks that stand for secrets: `[redacted-1]`, `[redacted-2]`, the same secret the same mark.

There is one register for the process, so that all outputs of a run agree. A secret that was found
once, by its name or its place (a header, a parameter of a URL, a directive), is also replaced where
only its value occurs, if it looks random: in a path, a body, a log line. Every output calls
`redact_known` as the last step before the text leaves (`safe`, `redact` and `write_report` do).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from wizard.text.known_words import KnownWords
from wizard.text.opaque import MIN_CHARS, is_opaque

TextFunction = Callable[[str], str]
MASK = "[redacted]"
"""The mark where the register is full, and where marks need not be told apart."""
MARK = re.compile(r"\[redacted(?:-[0-9]{1,9})?\]")
"""Any mark. A case file may have others than this process has given."""
_NUMBERED = re.compile(r"\[?redacted-([0-9]{1,9})\]?")
FIRST_FOREIGN_NUMBER = 1_000_000
"""Higher numbers in a text are not counted: a server may have written them."""
MAX_SECRETS = 5000
"""How many secrets are told apart."""
MAX_SECRET_CHARS = 8192
"""A longer secret is told apart by its beginning alone."""
MIN_ANSWER_CHARS = 12
"""The shortest value of a server that is replaced everywhere: the server chooses it."""
_LONG_CHARS = 64
_MAX_ESCAPED_CHARS = 1024
"""A longer secret is known as it is alone, without the forms in which it can be written."""
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
"""A text that has no other form."""
_SESSION_ID = re.compile(r"(?<=/)(?=[^/?#]*[0-9])[A-Za-z0-9_-]{16,}(?=[/?#]|$)")
_SEPARATORS = re.compile(r"[\s;,=\"'&]+")
_SCHEME = re.compile(r"(?i)^(?:basic|bearer|token|digest|negotiate|apikey)\s+(?=\S)")
_COOKIE_ATTRIBUTE = re.compile(
    r"(?i)(?<=;)\s*(?:path|domain|expires|max-age|samesite|priority)\s*=[^;]*"
)
"""Attributes of Set-Cookie with a value (RFC 6265bis)."""
_ESCAPES_OF_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
_ESCAPES_OF_JSON = {'"': '\\"', "\\": "\\\\"}
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"(?P<key>\s*:)?')


class Marks:
    """The register of secrets. It keeps them in memory alone, for as long as the process runs."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything, as a test needs it."""
        self._marks: dict[str, str] = {}
        self._known = KnownWords()
        self._issued: set[int] = set()
        self._next = 1

    def mark(self, secret: str) -> str:
        """The mark of this secret: the same one at each call.

        A text that is a mark already, or a scheme and a mark, keeps it.
        """
        return self._mark(secret, _parts, MIN_CHARS)

    def mark_answer(self, secret: str) -> str:
        """The mark of a secret that a server sent.

        Of it less is replaced elsewhere: the value of a cookie, no attribute, no short word.
        """
        return self._mark(secret, _parts_of_answer, MIN_ANSWER_CHARS)

    def mark_whole(self, text: str) -> str:
        """The mark of a text that is private as a whole; its words alone are not replaced."""
        return self._mark(text, lambda secret: iter(()), MIN_CHARS)

    def _mark(self, secret: str, parts: Callable[[str], Iterator[str]], min_chars: int) -> str:
        secret = _SCHEME.sub("", secret[:MAX_SECRET_CHARS])
        if MARK.fullmatch(secret):
            return secret
        if match := _NUMBERED.fullmatch(secret):
            return f"[redacted-{match[1]}]"
        key = _key(secret)
        known = self._marks.get(key) or self._known.get(secret)
        if known or len(self._marks) >= MAX_SECRETS:
            return known or MASK
        mark = self._marks[key] = f"[redacted-{self._next}]"
        self._issued.add(self._next)
        self._next += 1
        for part in parts(secret):
            if self._known.has_room and is_opaque(part, min_chars) and not MARK.search(part):
                for form in _forms(part):
                    self._known.add(form, mark)
        return mark

    def add(self, secret: str) -> None:
        """Register a secret of which the place shows that it is one."""
        if secret.strip():
            self.mark(secret)

    def add_session_ids(self, url: str) -> None:
        """Register the session ids in the path of an endpoint: a UUID, a random word."""
        for segment in _SESSION_ID.findall(url[:MAX_SECRET_CHARS]):
            if is_opaque(segment):
                self.add(segment)

    def keep(self, texts: Iterable[str]) -> None:
        """Never replace a word that occurs in these: the hosts and paths that are examined."""
        for text in texts:
            self._known.keep(text)

    def reserve(self, text: str) -> None:
        """Give no number that occurs in this text, such as a case file's."""
        numbers = {int(match[1]) for match in _NUMBERED.finditer(text)} - self._issued
        highest = max((n for n in numbers if n < FIRST_FOREIGN_NUMBER), default=0)
        self._next = max(self._next, highest + 1)

    def redact_known(self, text: str) -> str:
        """The text with each registered secret replaced by its mark, wherever it occurs."""
        parts, end = list[str](), 0
        for start, stop, mark in self.find_known(text):
            parts += (text[end:start], mark)
            end = stop
        return "".join((*parts, text[end:])) if parts else text

    def redact_known_json(self, text: str) -> str:
        """The same for a finished JSON text: its keys stay."""

        def replace(match: re.Match[str]) -> str:
            return match[0] if match["key"] else self.redact_known(match[0])

        return _JSON_STRING.sub(replace, text) if self._known else text

    def find_known(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and mark of each registered secret in the text, in order, none overlapping."""
        return self._known.find(text)


def _key(secret: str) -> str:
    """What a secret is found by: a digest of a long one, which takes less memory."""
    if len(secret) <= _LONG_CHARS:
        return secret
    import hashlib  # so late: it takes time to load, and nearly all secrets are short

    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass"))
    return f"{len(secret)} {digest.hexdigest()}"


def _parts(secret: str) -> Iterator[str]:
    """The secret, its words, and what follows a colon in them: the password of `name:password`."""
    yield secret
    for word in _SEPARATORS.split(_COOKIE_ATTRIBUTE.sub("", secret)):
        yield word
        yield word.partition(":")[2]


def _parts_of_answer(secret: str) -> Iterator[str]:
    """The value of the first pair of a cookie; of any other text the whole."""
    value = secret.partition(";")[0].strip()
    if re.match(r"[\w.-]+=", value):
        value = value.partition("=")[2]
    value = value.strip('" ')
    if "/" not in value:
        yield value


def _forms(text: str) -> set[str]:
    """The text as it is, percent-encoded, and with the escapes of JSON, HTML and a shell."""
    if _PLAIN.fullmatch(text) or len(text) > _MAX_ESCAPED_CHARS:
        return {text}
    encoded = {quote(text, safe=safe, errors="replace") for safe in ("", "/", "/~:=+@!$&'()*,;")}
    lowered = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in encoded}
    in_json = _translate(text, _ESCAPES_OF_JSON)
    ascii_json = "".join(map(_escape_char, in_json))
    in_html = _translate(text, _ESCAPES_OF_HTML)
    decimal = in_html.replace("&#x27;", "&#39;")
    in_text_nodes = _translate(text, dict(list(_ESCAPES_OF_HTML.items())[:3]))
    in_shell = text.replace("'", "'\"'\"'")
    html = {in_html, decimal, in_text_nodes, _translate(in_html, _ESCAPES_OF_JSON)}
    shell = {in_shell, _translate(in_shell, _ESCAPES_OF_JSON)}
    return {text, in_json, ascii_json} | encoded | lowered | html | shell


def _translate(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in text)


def _escape_char(char: str) -> str:
    """As JSON writes a character that is not ASCII: `\\u00e9`, beyond U+FFFF as two surrogates."""
    units = b"" if char.isascii() else char.encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs) or char


MARKS = Marks()
"""The register of this process."""
