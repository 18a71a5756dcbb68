"""The request as the client makes it, from the options of the command line and a curl command."""

from dataclasses import dataclass, replace

from wizard.model.parse import Header, parse_method
from wizard.model.target import Http
from wizard.text.errors import UsageError
from wizard.text.messages import tr

FORM_TYPE = "application/x-www-form-urlencoded"
"""What curl sends with `--data` unless told otherwise."""
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """What is known of the client's request; an empty field is one that was not given.

    Attributes:
        url: An `http` or `https` URL.
        method: As it was typed; empty for GET, or POST where there is a body.
        body: None if none was given.
        body_type: The media type of the body unless `headers` has one.
        headers: In the order in which they were given.
        http: The HTTP version that is asked for.
        connect_to: Host and port to connect to instead of those of the URL.
        upgrade: Whether the URL is a WebSocket.
        missing_body: Why a body that the request has is not known; empty if it is.
        notes: What a curl command asks for and is not done, one sentence each.
    """

    url: str = ""
    method: str = ""
    body: bytes | None = None
    body_type: str = ""
    headers: tuple[Header, ...] = ()
    insecure: bool = False
    http: Http | None = None
    connect_to: tuple[str, int] | None = None
    upgrade: bool = False
    missing_body: str = ""
    notes: tuple[str, ...] = ()

    def or_else(self, other: "ClientRequest") -> "ClientRequest":
        """This request, with what was not given taken from the other one.

        A header of this request replaces those of the same name of the other.
        """
        names = {name.lower() for name, _ in self.headers}
        kept = tuple(pair for pair in other.headers if pair[0].lower() not in names)
        has_body = self.body is not None
        return replace(
            self,
            url=self.url or other.url,
            method=self.method or other.method,
            body=self.body if has_body else other.body,
            body_type=self.body_type if has_body else other.body_type,
            headers=(*kept, *self.headers),
            insecure=self.insecure or other.insecure,
            http=self.http or other.http,
            connect_to=self.connect_to or other.connect_to,
            upgrade=self.upgrade or other.upgrade,
            missing_body="" if has_body else other.missing_body,
            notes=(*self.notes, *other.notes),
        )

    def completed(self, *, is_sent: bool = True) -> "ClientRequest":
        """The request with its method and the Content-Type of its body.

        Raises `UsageError` for a method that is not sent, for a body that is not known and, if it
        is to be sent, for a header that frames the body.
        """
        if self.missing_body:
            raise UsageError(self.missing_body)
        if self.http == "2" and self.url.lower().startswith("http:"):
            raise UsageError(tr("--http 2 needs an https:// URL: HTTP/2 is only tried with TLS"))
        for name, _ in self.headers if is_sent else ():
            if name.lower() in ("content-length", "transfer-encoding"):
                raise UsageError(
                    tr(
                        "--header {name}: leave it out, it is set by the body that is sent",
                        name=name,
                    )
                )
        method = parse_method(self.method or ("GET" if self.body is None else "POST"))
        if self.upgrade and (method != "GET" or self.body):
            raise UsageError(
                tr("a WebSocket is asked for with a GET, without --request and --data")
            )
        has_type = any(name.lower() == "content-type" for name, _ in self.headers)
        added = (("Content-Type", self.body_type),) if self.body_type and not has_type else ()
        return replace(self, method=method, headers=(*self.headers, *added))


def body_type_of(body: bytes) -> str:
    """The media type that is sent with a body of `--data`.

    A JSON object or array is sent as JSON, which is what endpoints that take JSON accept; curl
    would send `FORM_TYPE`.
    """
    return JSON_TYPE if is_json(body) else FORM_TYPE


def is_json(body: bytes) -> bool:
    """True for a JSON object or array."""
    # A shape is enough to decide without the parser: a form begins with neither character.
    text = body.strip()
    return text[:1] + text[-1:] in (b"{}", b"[]")
