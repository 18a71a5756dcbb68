"""Redact a case file: each secret becomes the pseudonym `[redacted-N]`, equal secrets the same.

Rules compare secrets (two streams with one session id), so equal ones must stay equal and
different ones different. A secret that is found by its name (a header, a URL parameter) is also
replaced wherever its value occurs: in a path, a body, a log line.
"""

import re
import shlex

from wizard.investigation.casefile.encode import Json
from wizard.text.config_redaction import has_secrets, redact_config
from wizard.text.marks import MARKS
from wizard.text.redaction import is_public_header, redact, redact_command

PSEUDONYM = re.compile(r"\[?redacted-([0-9]{1,9})\]?")


class Redactor:
    """Replaces the secrets of one case file."""

    def __init__(self, text: str) -> None:
        """Take the whole text of the file: marks that occur in it are not given again."""
        MARKS.reserve(text)
        self._log_names: dict[str, str] = {}

    def redact(self, document: Json, public: frozenset[str]) -> Json:
        """The JSON value without its secrets.

        A word that occurs in `public`, the hosts and paths of the case, is not replaced everywhere.
        """
        MARKS.keep(public)
        self._redact(document, "")  # the first pass finds the secrets
        return self._redact(document, "")

    def text(self, text: str) -> str:
        """The text without its secrets."""
        if text in self._log_names:
            return self._log_names[text]
        # `urlsplit` takes brackets before the @ of a URL for an IPv6 address.
        return re.sub(r"://\[(redacted-[0-9]+)\]", r"://\1", redact(text))

    def _redact(self, value: Json, key: str) -> Json:
        if isinstance(value, str):
            if key in ("endpoint", "post_url"):
                self._mask_session_ids(value)
            return self.text(value)
        if isinstance(value, list):
            return self._redact_list(value, key)
        if isinstance(value, dict):
            return self._redact_object(value, key)
        return value

    def _redact_object(self, value: dict[str, Json], key: str) -> Json:
        if key == "texts":
            return {name: self._redact_config(str(text)) for name, text in value.items()}
        if value.get("type") == "endpoint":
            self._mask_session_ids(str(value.get("data")))
        if key == "target":
            value = self._redact_user_request(value)
        if "locator" in value and "command" in value:
            value = self._redact_log_source(value)
        return {name: self._redact(item, name) for name, item in value.items()}

    def _redact_config(self, text: str) -> str:
        if has_secrets(text) or MARKS.redact_known(text) != text:
            return redact_config(text, self.text, MARKS.mark)
        return text

    def _mask_session_ids(self, url: str) -> None:
        """Give the session ids in an endpoint's path a pseudonym; `text` replaces them later."""
        MARKS.add_session_ids(url)

    def _redact_list(self, value: list[Json], key: str) -> Json:
        if key == "headers" and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
            return [[name, self._redact_header(str(name), str(text))] for name, text in value]
        if key in ("prefix", "command"):
            return list(redact_command(value, self.text, MARKS.mark))
        return [self._redact(item, "") for item in value]

    def _redact_header(self, name: str, value: str) -> str:
        # The name decides whether the value is a secret.
        start = f"{name}: "
        return self.text(start + value)[len(start) :]

    def _redact_user_request(self, target: dict[str, Json]) -> dict[str, Json]:
        """The target without the values of the user's headers, and without the body."""
        headers = [self._redact_user_header(*pair) for pair in target.get("headers", [])]
        changed: dict[str, Json] = {"headers": headers} if headers else {}
        if body := target.get("body"):
            changed["body"] = self._withhold_body(body)
        return target | changed

    def _withhold_body(self, body: str) -> str:
        """A pseudonym in place of the body: it may be private where nothing is named a secret.

        The secrets in it that are named are replaced elsewhere too; its other words are ordinary
        ones, such as a model's name, which stay.
        """
        self.text(body)
        return body if PSEUDONYM.fullmatch(body) else MARKS.mark_whole(body)

    def _redact_user_header(self, name: str, value: str) -> list[str]:
        """A header that the user gave: its value is stored only if such headers hold no secret."""
        if is_public_header(name):
            return [name, self.text(value)]
        self._redact_header(name, value)
        return [name, MARKS.mark(value)]

    def _redact_log_source(self, source: dict[str, Json]) -> dict[str, Json]:
        """Redact a log's command, in `locator` and `name` too, which repeat it."""
        words = list(redact_command(source["command"], self.text, MARKS.mark))
        if words == source["command"]:
            return source
        typed, name = str(source["locator"]), str(source.get("name", ""))
        locator = shlex.join(words)
        self._log_names[name] = name.replace(typed, locator) if typed else name
        return source | {"command": words, "locator": locator, "name": self._log_names[name]}
