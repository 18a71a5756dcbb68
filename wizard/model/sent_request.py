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
    """

    name: str
    value: str | None
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class SentRequest:
    """The request that the backend gets.

    Attributes:
        uri: Path and query; None if the config and the request do not decide it.
        http: `1.0`, `1.1` or `2`.
        headers: In the order in which Nginx writes them.
        uri_where: The line that decides the URI: the pass directive or a rewrite.
        http_where: The line that decides the HTTP version; None if the default does.
        has_body: Whether the client's body is passed on.
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
