"""Name lookup, TLS contexts and httpx transports for requests from this machine."""

import asyncio
import os
import socket
import ssl
import stat
import sys
from functools import lru_cache
from importlib import import_module
from ipaddress import ip_address

import httpcore
import httpx

from wizard.model.certificate import certificate_problem
from wizard.model.wire import NOT_TLS
from wizard.probe.observed_stream import Observe, ObservedBackend
from wizard.text.messages import tr

MAX_ADDRESSES = 4
"""How many addresses of a name are tried."""


@lru_cache(maxsize=8)
def tls_context(http: str, insecure: bool) -> ssl.SSLContext:
    """Return the TLS context for an HTTP version, without certificate checks if `insecure`.

    Each HTTP version has its own: httpx sets ALPN on the context, and probes run side by side.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and paths.capath is None:
        import certifi  # A Python without a system store (macOS); httpx depends on certifi.

        context.load_verify_locations(certifi.where())
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def preload(is_https: bool, http: str = "1.1", insecure: bool = False) -> None:
    """Load the modules and certificates for a request, so that loading them is not measured."""
    for name in ("anyio._backends._asyncio", "httpcore._backends.anyio"):
        import_module(name)
    if http == "2":
        # httpcore takes an answer without a status for 200, and names that browsers refuse.
        connection = import_module("httpcore._async.http2").AsyncHTTP2Connection
        connection.CONFIG = import_module("h2.config").H2Configuration(
            validate_inbound_headers=True
        )
    if is_https:
        tls_context(http, insecure)


def connect_address(url: httpx.URL, connect_to: tuple[str, int] | None) -> tuple[str, int]:
    """Host and port to connect to: `connect_to`, or else those of the URL."""
    port = url.port or (443 if url.scheme == "https" else 80)
    return connect_to or (url.raw_host.decode("ascii"), port)


async def resolve_host(host: str, port: int, timeout_s: float) -> list[str]:
    """Return the IP addresses of a name, in the order in which to try them.

    Raises:
        OSError: The name has no address, or `timeout_s` seconds have passed.
        UnicodeError: `host` is not a host name.
    """
    if is_ip_address(host.strip("[]")):
        return [host.strip("[]")]
    loop = asyncio.get_running_loop()
    lookup = loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    async with asyncio.timeout(timeout_s):
        entries = await lookup
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))[:MAX_ADDRESSES]


def is_ip_address(host: str) -> bool:
    """True if the host is an IP address, so that no name lookup is needed."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_own_address(address: str) -> bool:
    """True if an IP address is one of this machine's, so that a socket can be bound to it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


class _ObservedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport with a pool of our own: httpx takes no network backend."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        super().__init__(verify=_empty_tls_context(), trust_env=False)
        self._pool = pool


def local_transport(
    http: str, observe: Observe, *, is_https: bool, insecure: bool, socket_path: str = ""
) -> httpx.AsyncHTTPTransport:
    """Return an httpx transport for one connection; it ignores the environment's variables.

    With `socket_path`, it connects to the unix socket with that file name. Incoming bytes are shown
    to `observe`.
    """
    pool = httpcore.AsyncConnectionPool(
        ssl_context=tls_context(http, insecure) if is_https else _empty_tls_context(),
        # Over TLS the server chooses by ALPN; without TLS, HTTP/2 is sent with prior knowledge.
        http1=is_https or http != "2",
        http2=http == "2",
        uds=socket_path or None,
        network_backend=ObservedBackend(observe),
    )
    return _ObservedTransport(pool)


@lru_cache(maxsize=1)
def _empty_tls_context() -> ssl.SSLContext:
    """A context for plain HTTP: loading the certificate store for it would cost 20 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http2_errors() -> tuple[type[Exception], ...]:
    """What h2 raises for frames that break the protocol: httpcore passes it on as it is while a
    body is read."""
    module = sys.modules.get("h2.exceptions")  # Loaded with the first request over HTTP/2.
    return (module.H2Error,) if module else ()


def transport_errors() -> tuple[type[Exception], ...]:
    """What a request can fail with that is no bug of ours."""
    return (httpx.TransportError, ssl.SSLError, OSError, *http2_errors())


def with_socket_advice(problem: str, socket_path: str) -> str:
    """The problem of a connection, with who may reach a unix socket that denies it to this user."""
    is_denied = bool(socket_path) and "permission denied" in problem.lower()
    return (
        tr("{problem} for this user; the user that Nginx runs as may have access", problem=problem)
        if is_denied
        else problem
    )


def with_tls_advice(problem: str) -> str:
    """The problem of a TLS handshake, with what to try where its reason tells."""
    if certificate_problem(problem) not in (None, "client"):
        return tr("{problem} (--insecure skips this check)", problem=problem)
    if any(words in problem for words in NOT_TLS):
        return tr("{problem} (does this port speak http?)", problem=problem)
    return problem


def kind_of_file(socket_path: str) -> str:
    """What the file of a unix socket of this machine is if it is none, in brackets, else empty.

    The system says "connection refused" of a plain file and of a socket that nobody listens on.
    """
    try:
        is_socket = not socket_path or stat.S_ISSOCK(os.stat(socket_path).st_mode)
    except OSError:
        return ""
    return "" if is_socket else tr(" (it is not a socket)")


_RTT_OFFSET = 68
"""Where Linux's `struct tcp_info` (linux/tcp.h) has `tcpi_rtt`, in microseconds."""


def measured_round_trip(stream: object) -> float | None:
    """The round trip that the kernel measured while this connection was opened, in seconds.

    The time that connecting took is no measure of the network: a busy machine adds to it. None
    where the kernel does not tell. `stream` is httpcore's.
    """
    get = getattr(stream, "get_extra_info", None)
    connection = get("socket") if callable(get) else None
    if connection is None or not hasattr(socket, "TCP_INFO"):
        return None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    except OSError:
        return None
    if len(info) < _RTT_OFFSET + 4:
        return None
    microseconds = int.from_bytes(info[_RTT_OFFSET : _RTT_OFFSET + 4], sys.byteorder)
    return microseconds / 1e6 if microseconds else None
