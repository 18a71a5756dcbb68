"""What one line of a log says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """What one line says.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        tag: As in `model.LogLine`.
        meaning: What it shows, in one sentence; empty where it only gives context.
        path: The request's path, where the line names one.
        agent: The User-Agent, where the line records it.
        status: The status that was logged, where the line is of an access log.
        client: Who asked: the address, or what the client calls itself; empty if not known.
    """

    kind: str
    tag: str = ""
    meaning: str = ""
    path: str = ""
    agent: str = ""
    status: int | None = None
    client: str = ""


def path_of(request: str) -> str:
    """The path of a request line, its query left out."""
    words = request.split(" ")
    return words[1].partition("?")[0] if len(words) > 1 else ""
