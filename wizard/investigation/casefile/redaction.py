"""Secrets in a case file: each becomes `[redacted-N]`, the same wherever it stands.

Rules compare such values (two streams with one session id), so equal secrets stay equal and
different ones different. What is found at one place by its name (a header, a parameter) is
written over wherever else it stands as it is: in a path, in a body, in a log line.
"""

import re
import shlex

from wizard.investigation.casefile.encode import Json
from wizard.text.config_redaction import has_secrets, redact_config
from wizard.text.redaction import redact, redact_command

PSEUDONYM = re.compile(r"\[?redacted-([0-9]{1,9})\]?")
_FIRST_FREE = 1_000_000
"""What a server writes in the form of a pseudonym must not use up their numbers."""
_RANDOM = re.compile(
    r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w.+/=~:@!$%^*()-]{6,}|[A-Za-z0-9_+/=-]{20,}"
)
"""What is surely no ordinary word, and so may be looked for anywhere."""
_PIECES = re.compile(r"[\s;,=\"'&]+")
_SEGMENT = re.compile(r"(?<=/)(?=[^/?#]*[0-9])[A-Za-z0-9_-]{16,}(?=[/?#]|$)")
"""A part of an endpoint's path that is a session id: a UUID, a random word."""
_SPOKEN = frozenset({"origin"})
"""Headers of ours that a rule reads; no secret (RFC 6454, section 7)."""


class Redactor:
    """Writes over the secrets of one case file."""

    def __init__(self, text: str) -> None:
        """`text` is all of the file: no new pseudonym may be one that stands there already."""
        taken = (int(one[1]) for one in PSEUDONYM.finditer(text))
        self._next = max((one for one in taken if one < _FIRST_FREE), default=0) + 1
        self._names: dict[str, str] = {}
        self._renamed: dict[str, str] = {}
        self._known: re.Pattern[str] | None = None
        self._plain = frozenset[str]()

    def redact(self, whole: Json, plain: frozenset[str]) -> Json:
        """The JSON value without its secrets.

        Args:
            plain: Hosts and paths that the case is about: never written over as a whole.
        """
        self._plain = plain
        self._walk(whole, "")  # finds them
        wanted = sorted(self._everywhere(), key=lambda one: (-len(one), one))
        if wanted:
            self._known = re.compile("|".join(map(re.escape, wanted)))
        return self._walk(whole, "")

    def _everywhere(self) -> set[str]:
        found = {one for secret in self._names for one in (secret, *_PIECES.split(secret))}
        return {one for one in found if _RANDOM.fullmatch(one) and not self._is_plain(one)}

    def _is_plain(self, word: str) -> bool:
        return any(word in one for one in self._plain) or PSEUDONYM.search(word) is not None

    def mask(self, secret: str) -> str:
        """What stands in place of this secret."""
        known = PSEUDONYM.fullmatch(secret)
        if known:
            return f"[redacted-{known[1]}]"
        if secret not in self._names:
            self._names[secret] = f"[redacted-{self._next}]"
            self._next += 1
        return self._names[secret]

    def text(self, text: str) -> str:
        """The text without its secrets."""
        if text in self._renamed:
            return self._renamed[text]
        if self._known is not None:
            text = self._known.sub(lambda found: self.mask(found[0]), text)
        # A URL with brackets before the @ could not be taken apart.
        return re.sub(r"://\[(redacted-[0-9]+)\]", r"://\1", redact(text, self.mask))

    def _walk(self, value: Json, key: str) -> Json:
        if isinstance(value, str):
            if key in ("endpoint", "post_url"):
                self._find_segments(value)
            return self.text(value)
        if isinstance(value, list):
            return self._list(value, key)
        if isinstance(value, dict):
            return self._object(value, key)
        return value

    def _object(self, value: dict[str, Json], key: str) -> Json:
        if key == "texts":
            return {name: self._config(str(one)) for name, one in value.items()}
        if value.get("type") == "endpoint":
            self._find_segments(str(value.get("data")))
        if key == "target" and "headers" in value:
            value = value | {"headers": [self._ours(*pair) for pair in value["headers"]]}
        if "locator" in value and "command" in value:
            value = self._command(value)
        return {name: self._walk(one, name) for name, one in value.items()}

    def _config(self, text: str) -> str:
        if has_secrets(text) or (self._known is not None and self._known.search(text)):
            return redact_config(text, self.text, self.mask)
        return text

    def _find_segments(self, url: str) -> None:
        for segment in _SEGMENT.findall(url):
            self.mask(segment)

    def _list(self, value: list[Json], key: str) -> Json:
        if key == "headers" and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
            return [[name, self._header(str(name), str(said))] for name, said in value]
        if key in ("prefix", "command"):
            return list(redact_command(value, self.text, self.mask))
        return [self._walk(one, "") for one in value]

    def _header(self, name: str, value: str) -> str:
        head = f"{name}: "
        return self.text(head + value)[len(head) :]

    def _ours(self, name: str, value: str) -> list[str]:
        """A header that the user gave: its value is never kept."""
        if name.lower() in _SPOKEN:
            return [name, value]
        self._header(name, value)
        return [name, self.mask(value)]

    def _command(self, place: dict[str, Json]) -> dict[str, Json]:
        """A log's command as it was typed is what its words are without their secrets; so is a
        name that repeats it."""
        hidden = list(redact_command(place["command"], self.text, self.mask))
        if hidden == place["command"]:
            return place
        typed, name, locator = str(place["locator"]), str(place.get("name", "")), shlex.join(hidden)
        self._renamed[name] = name.replace(typed, locator) if typed else name
        return place | {"command": hidden, "locator": locator, "name": self._renamed[name]}
