"""In what the request that Nginx passes on differs from the one that its client makes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wizard.model.config import Position
from wizard.text.display import comma_list
from wizard.text.messages import tr

DifferenceKind = Literal["http-version", "connection", "host", "uri", "query", "header"]
Likeness = Literal["", "alike", "served", "other"]
"""How a request with some of the differences is answered at the direct URL: `alike` if it fails as
the request through the proxy does, `served` as the client's own direct request is, `other` in
another way; empty for a request that was sent for something else."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the client's request and the one that the backend gets.

    Attributes:
        kind: `uri` is the path; `header` is one that has no kind of its own.
        name: The header's name as it is sent, else empty.
        own: What the client's own request has, with secrets redacted; None if it has none.
        sent: The same of the request as Nginx passes it on.
        where: The line of the config that makes it; None if Nginx does so by default.
    """

    kind: DifferenceKind
    name: str = ""
    own: str | None = None
    sent: str | None = None
    where: Position | None = None

    def is_header(self, name: str) -> bool:
        """True if it is the header of this name; `name` is in lower case."""
        return self.kind == "header" and self.name.lower() == name

    @property
    def text(self) -> str:
        """What the backend gets in place of what the client sends: `with Host: a`."""
        if self.kind == "http-version":
            return tr("with HTTP/{sent}", sent=self.sent)
        if self.kind == "uri":
            return tr("with the path {sent}", sent=self.sent)
        if self.kind == "query":
            return (
                tr("with the query {sent}", sent=self.sent)
                if self.sent
                else tr("without the query")
            )
        name = self.name or self.kind.title()
        return (
            f"without {name}"
            if self.sent is None
            else tr("with {name}: {sent}", name=name, sent=self.sent)
        )


def describe_differences(differences: Iterable[Difference]) -> str:
    """The differences in one clause."""
    return comma_list(difference.text for difference in differences)
