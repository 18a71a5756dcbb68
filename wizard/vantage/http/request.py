"""A request to make at a vantage, and the description of a tool that can make it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wizard.model.events import Ending
from wizard.text.messages import tr
from wizard.vantage.http.response import RawReader, ResponseReader

TOOL_TIMEOUT_S = 7200
"""After how many seconds a tool at a vantage ends by itself, if nothing else ends it."""

NO_SOCKET = tr("a unix socket is not possible there: it needs curl or python3")
NO_HTTP2 = tr("HTTP/2 is not possible there: it needs a curl with HTTP/2")

NO_EXACT_BYTES = tr("an exact request cannot be sent from there: it has no python3, bash or nc")

Notice = Literal["began", "resolved", "connected", "secured"]
Notify = Callable[[Notice, str], None]
"""Called with the progress of a request, and the address for `resolved` (else an empty text)."""


@dataclass(frozen=True, slots=True)
class RemoteRequest:
    """A request to make at a vantage.

    Attributes:
        url: Without user and password.
        headers: Without Host, unless that differs from the URL's own.
        version: `1.1` or `2`.
        insecure: Do not verify the certificate.
        connect_to: Host and port to connect to instead of the URL's own.
        connect_timeout: In seconds.
        wire: The exact bytes of the whole request, which replace method, headers and content.
        socket_path: The file name of the unix socket to connect to; empty for a host and port.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    version: str = "1.1"
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    connect_timeout: float = 10.0
    wire: bytes = b""
    socket_path: str = ""

    @property
    def secure(self) -> bool:
        """True for https."""
        return self.url.lower().startswith("https:")


@dataclass(frozen=True, slots=True)
class ToolFailure:
    """How a failed request ended, and why, in one sentence.

    `is_invalid` if the tool took the answer for no valid HTTP.
    """

    reason: Ending
    detail: str
    is_invalid: bool = False


def always_able(request: RemoteRequest) -> str:
    """Return an empty text: the tool can make every request."""
    return ""


def no_arguments(request: RemoteRequest) -> tuple[str, ...]:
    """Return no arguments: the tool reads the whole request from its standard input."""
    return ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A program at a vantage that can make a request.

    Attributes:
        name: As in `Capabilities.tool`.
        script: The shell text that runs it.
        stdin: Returns its standard input for a request.
        read_progress: Notifies of the progress that a line of its standard error reports.
        explain_exit: Returns why the request failed, from the exit status, standard error, the
            request, and whether there was a connection. None if the response itself shows it.
        why_unable: Returns in one sentence why it cannot make a request; empty if it can.
        arguments: Returns its arguments for a request. Everybody at the vantage can read them.
        make_reader: Returns the reader of its output, for a request method.
        hold_stdin: Keep its standard input open after the request.
        reports_start: It starts slowly, and itself reports when the request begins.
        reports_connection: It reports when the connection is made.
        sends_exact_bytes: It can send the exact bytes of a request.
        answer_sign: What a line of its standard error begins with once an HTTP answer has come;
            empty if it does not say so.
        is_last_choice: Every other tool is better. BusyBox's wget follows redirects, does not
            show the headers of an error, and takes everything as arguments.
    """

    name: str
    script: str
    stdin: Callable[[RemoteRequest], bytes]
    read_progress: Callable[[str, Notify], None]
    explain_exit: Callable[[int, str, RemoteRequest, bool], ToolFailure | None]
    why_unable: Callable[[RemoteRequest], str] = always_able
    arguments: Callable[[RemoteRequest], tuple[str, ...]] = no_arguments
    make_reader: Callable[[str], ResponseReader] = RawReader
    hold_stdin: bool = False
    answer_sign: str = ""
    reports_start: bool = False
    reports_connection: bool = True
    sends_exact_bytes: bool = False
    is_last_choice: bool = False
