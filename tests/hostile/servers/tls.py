"""How a hostile server speaks TLS: its certificate, and what it offers by ALPN."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import trustme


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


@cache
def _stranger() -> trustme.CA:
    return trustme.CA()


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of a server.

    Attributes:
        host: The name that it is made for.
        is_known: Whether the client trusts its authority.
        is_over: Whether it has expired.
    """

    host: str = "127.0.0.1"
    is_known: bool = True
    is_over: bool = False

    @staticmethod
    def authority_file(folder: Path) -> Path:
        """Write the authority that the client trusts to a file, and return its name."""
        file = folder / "authority.pem"
        _authority().cert_pem.write_to_path(file)
        return file

    def load_into(self, context: ssl.SSLContext) -> None:
        """Give the server's context this certificate and its key."""
        authority = _authority() if self.is_known else _stranger()
        over = datetime(2001, 1, 1) if self.is_over else None
        before = datetime(2000, 1, 1) if self.is_over else None
        authority.issue_cert(self.host, not_before=before, not_after=over).configure_cert(context)


@dataclass(frozen=True, slots=True)
class Tls:
    """How a server speaks TLS; `PLAIN` is a server without."""

    certificate: Certificate | None = Certificate()
    alpn: tuple[str, ...] = ("http/1.1",)

    def context(self) -> ssl.SSLContext | None:
        """A context for the server; None for one without TLS."""
        if self.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate.load_into(context)
        context.set_alpn_protocols(list(self.alpn))
        return context


PLAIN = Tls(None)
H1 = Tls()
H2 = Tls(alpn=("h2", "http/1.1"))
"""A server that speaks HTTP/2 with every client that can."""
