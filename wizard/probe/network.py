"""What httpx is told and asked below the request: names, TLS, transports, errors in plain words."""

import asyncio
import socket
import ssl
from functools import lru_cache
from importlib import import_module
from ipaddress import ip_address

import httpx

ADDRESSES = 4
"""How many addresses of a name are tried."""


@lru_cache(maxsize=8)
def tls_context(http: str, insecure: bool) -> ssl.SSLContext:
    """A TLS context, made before the clock starts; one for each HTTP version, since ALPN is
    set on the context and probes run side by side."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and paths.capath is None:
        import certifi  # a Python without a system store (macOS): httpx brings this one

        context.load_verify_locations(certifi.where())
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def preload(secure: bool, http: str = "1.1", insecure: bool = False) -> None:
    """Load what a request needs, so that no import and no store of certificates is measured."""
    for name in ("anyio._backends._asyncio", "httpcore._backends.anyio"):
        import_module(name)
    if http == "2":
        import_module("h2.connection")
    if secure:
        tls_context(http, insecure)


def connect_address(url: httpx.URL, connect_to: tuple[str, int] | None) -> tuple[str, int]:
    """Host and port to connect to."""
    port = url.port or (443 if url.scheme == "https" else 80)
    return connect_to or (url.raw_host.decode("ascii"), port)


async def resolve_host(host: str, port: int, within: float) -> list[str]:
    """The name's addresses, in the order to try them. Raises `OSError` or `UnicodeError`."""
    if is_ip_address(host.strip("[]")):
        return [host.strip("[]")]
    loop = asyncio.get_running_loop()
    lookup = loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    async with asyncio.timeout(within):
        found = await lookup
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))[:ADDRESSES]


def is_ip_address(host: str) -> bool:
    """Whether the host is an address already: looking that up would only measure our own start."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def local_transport(http: str, *, secure: bool, insecure: bool) -> httpx.AsyncHTTPTransport:
    """One connection's worth of httpx, with nothing taken from the environment."""
    return httpx.AsyncHTTPTransport(
        verify=tls_context(http, insecure) if secure else _no_tls(),
        # Over TLS the server chooses by ALPN; without it HTTP/2 is spoken straight away.
        http1=secure or http != "2",
        http2=http == "2",
        trust_env=False,
    )


@lru_cache(maxsize=1)
def _no_tls() -> ssl.SSLContext:
    """An empty context: loading a store of certificates for plain HTTP would cost 20 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
