"""Which `server_name` a host matches, of those that Nginx keeps.

https://nginx.org/en/docs/http/server_names.html; which of two names in conflict is kept follows
`ngx_hash_add_key` in Nginx's source.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from wizard.nginx.patterns import compiled, raw
from wizard.nginx.tree import Directive

Kind = Literal["exact", "dot", "star", "tail", "regex"]
_CLAIMS: dict[Kind, tuple[str, ...]] = {
    "exact": ("exact",), "dot": ("exact", "head"), "star": ("head",), "tail": ("tail",),
    "regex": (),
}  # fmt: skip
"""What a name claims for itself; who comes too late is ignored with a warning."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a server: `a.b`, `.a.b`, `*.a.b`, `a.b.*` or `~pattern`.

    Attributes:
        key: What is left without the dot, the star or the tilde.
        written: As it stands in the config, but in lower case.
    """

    kind: Kind
    key: str
    written: str
    server: Directive

    def matches(self, host: str) -> bool:
        """Whether the host, in lower case and without port, has this name."""
        if self.kind == "regex":
            pattern = compiled(self.key, ignore_case=True)
            return pattern is not None and pattern.search(raw(host)) is not None
        if self.kind == "tail":
            return host.startswith(f"{self.key}.")
        is_itself = self.kind in ("exact", "dot") and host == self.key
        return is_itself or (self.kind in ("dot", "star") and host.endswith(f".{self.key}"))


def match(servers: Sequence[Directive], host: str) -> Name | None:
    """The name that decides among the servers of one socket, None where the default server does."""
    found = [name for name in _kept(servers) if name.matches(host)]
    for kinds in (("exact",), ("dot", "star"), ("tail",)):
        if there := [name for name in found if name.kind in kinds]:
            return max(there, key=lambda name: len(name.key))
    return found[0] if found else None


def _kept(servers: Sequence[Directive]) -> Iterator[Name]:
    taken: set[tuple[str, str]] = set()
    for server in servers:
        for line in server.children("server_name"):
            for written in line.args:
                name = _name(written, server)
                if _claims(name, taken):
                    yield name


def _claims(name: Name, taken: set[tuple[str, str]]) -> bool:
    """Whether all that the name claims is free. Nginx leaves what it took before it met another."""
    for claim in ((what, name.key) for what in _CLAIMS[name.kind]):
        if claim in taken:
            return False
        taken.add(claim)
    return True


def _name(written: str, server: Directive) -> Name:
    if written.startswith("~"):
        return Name("regex", written[1:], written, server)
    name = written.lower()
    if name.startswith("*."):
        return Name("star", name[2:], name, server)
    if name.startswith("."):
        return Name("dot", name[1:], name, server)
    if name.endswith(".*"):
        return Name("tail", name[:-2], name, server)
    return Name("exact", name, name, server)
