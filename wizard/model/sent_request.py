"""The request that Nginx passes to the backend, as the config makes it."""

from dataclasses import dataclass

from wizard.model.config import Position


@dataclass(frozen=True, slots=True)
class SentHeader:
    """One header line of the request that the backend gets.

    Attributes:
        name: As Nginx writes it.
        value: None if the config and the request do not decide it.
        where: The line of the config that sets it; None if Nginx itself or the client does.
        written: The value as the config writes it, variables included; empty without `where`.
        is_client: Whether it is passed on as the client sends it.
    """

    name: str
    value: str | None
    where: Position | None = None
    written: str = ""
    is_client: bool = False


@dataclass(frozen=True, slots=True)
class SentRequest:
    """The request that the backend gets.

    Attributes:
        uri: Path and query; None if the config and the request do not decide it.
        http: `1.0`, `1.1` or `2`.
        headers: In the order in which Nginx writes them; with HTTP/2 in lower case, beginning with
            `:authority` unless the config sets a Host.
        uri_where: The line that decides the URI: the pass directive or a rewrite.
        http_where: The line that decides the HTTP version; None if the default does.
        has_body: Whether the backend gets a body.
        dropped: The names of the client's headers that are not passed on, in lower case, each with
            the line that drops it (None if Nginx does so by itself).
        doubts: What could not be decided, one sentence each.
    """

    method: str
    uri: str | None
    http: str
    headers: tuple[SentHeader, ...]
    uri_where: Position | None = None
    http_where: Position | None = None
    has_body: bool = True
    dropped: tuple[tuple[str, Position | None], ...] = ()
    doubts: tuple[str, ...] = ()

    def header(self, name: str) -> SentHeader | None:
        """The first header of this name, in any case; None if there is none."""
        return next((each for each in self.headers if each.name.lower() == name.lower()), None)
