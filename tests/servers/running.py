"""Start a server and a front on loopback, ask the judges, and ask the tool as a user does."""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from tests.servers.fronts import Front
from tests.servers.servers import Judge, Server

ROOT = Path(__file__).parents[2]
CONF = "front.conf"
EVIDENCE = ("url", "direct", "all")
"""The sets of evidence with which the tool is asked, each larger than the one before."""
START_S = 20.0
"""The longest time that a program may take to listen, on a busy machine."""
LIMIT_S, SHORTEST_S = 15.0, 5.0
"""The longest time that a client gets without a front, and the shortest with it."""
CHECK_S = 100.0
"""The longest time that one run of the tool may take."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a client saw; `works` is None where it cannot be said.

    `seconds` is how long it took, without the start of its process; 0 if it does not say.
    """

    judge: str
    works: bool | None
    why: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool said with one set of evidence."""

    evidence: str
    verdict: str
    causes: tuple[tuple[str, str], ...]
    recommendation: Mapping[str, Any] | None
    seconds: float

    def has_at_least(self, evidence: str) -> bool:
        """Whether it was given with this set of evidence, or a larger one."""
        return EVIDENCE.index(self.evidence) >= EVIDENCE.index(evidence)

    @property
    def accused(self) -> tuple[str, ...]:
        """The ids of the causes that are more than possible."""
        return tuple(id for id, confidence in self.causes if confidence != "possible")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a running incident can be reached: the URLs, and Nginx's config and logs."""

    public: str
    direct: str
    folder: Path


def free_ports(count: int) -> list[int]:
    """Return loopback ports below those that the system hands out to outgoing connections.

    A port among those may be taken by a connection before its server starts. Each of the parallel
    test processes has a range of its own.
    """
    free: list[int] = []
    while len(free) < count:
        port = next(_PORTS)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            free.append(port)
    return free


_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = itertools.cycle(range(20_000 + 400 * (_WORKER % 30), 20_400 + 400 * (_WORKER % 30)))


def fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"${name}", value)
    return text


@contextmanager
def running(
    command: tuple[str, ...], port: int, cwd: Path, variables: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Run a program in a session of its own until it listens; kill the session at the end."""
    environment = {**os.environ, "HOME": str(log.parent), **variables}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _await_port(process, port, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await_port(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Return when the port accepts. Raises `RuntimeError` if the program ended or is too slow."""
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    state = "ended" if process.poll() is not None else f"did not listen in {START_S:.0f} s"
    raise RuntimeError(f"{process.args!r} {state}: {log.read_text(errors='replace')[-800:]}")


@contextmanager
def incident(server: Server, front: Front, folder: Path) -> Iterator[Place]:
    """Run the server behind the front."""
    backend, port = free_ports(2)
    with (
        running_server(server, backend, folder),
        running_front(front, port, {"BACKEND": backend}, folder),
    ):
        yield place_of(server, front, port, backend, folder)


def place_of(server: Server, front: Front, port: int, backend: int, folder: Path) -> Place:
    """Where the server is reached through the front on this port, and at its own."""
    public = f"{front.scheme}://127.0.0.1:{port}{front.prefix}{server.path}"
    return Place(public, f"http://127.0.0.1:{backend}{server.path}", folder)


@contextmanager
def running_server(server: Server, port: int, folder: Path) -> Iterator[None]:
    """Run the server on this port."""
    own = {"PORT": str(port)}
    command = tuple(fill(word, own) for word in server.command)
    variables = {name: fill(value, own) for name, value in server.variables.items()}
    with running(command, port, server.folder, variables, folder / "server.out"):
        yield


@contextmanager
def running_front(
    front: Front, port: int, backends: Mapping[str, int], folder: Path
) -> Iterator[None]:
    """Run the front on this port; its config names the backends' ports."""
    ports = {name: str(number) for name, number in {"PORT": port, **backends}.items()}
    if front.tls:
        _write_certificate(folder)
    conf = folder / CONF
    conf.write_text(fill(front.conf, {**ports, "FOLDER": str(folder)}), "utf-8")
    with running(front.command(conf, folder, port), port, folder, {}, folder / "front.out"):
        yield


def _write_certificate(folder: Path) -> None:
    """Write a certificate, its key and the authority that the clients are to trust."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(str(folder / "cert.pem"), append=True)


@contextmanager
def open_streams(url: str, count: int) -> Iterator[None]:
    """Hold the stream open this many times."""
    parts = urlsplit(url)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(count):
            address = (parts.hostname or "", parts.port or 0)
            connection = stack.enter_context(socket.create_connection(address, START_S))
            connection.sendall(request)
            connection.recv(1)
        yield


def ask_all(server: Server, place: Place) -> tuple[list[Verdict], list[Verdict]]:
    """Ask the server's clients without and with the front.

    Behind the front each gets three times as long as it needed without it, so that a busy machine
    breaks nothing. Much longer would be too long: pings push out what a buffer holds.
    """
    direct = [ask(judge, place.direct, place.folder, LIMIT_S) for judge in server.judges]
    seen = [
        ask(judge, place.public, place.folder, max(SHORTEST_S, 3 * verdict.seconds))
        for judge, verdict in zip(server.judges, direct, strict=True)
    ]
    return direct, seen


def ask(judge: Judge, url: str, folder: Path, limit: float) -> Verdict:
    """Ask one client. A client that ends without a verdict, or not at all, fails."""
    words = (*judge.command, url, f"{limit:.1f}")
    authority = str(folder / "ca.pem")
    trust = {"SSL_CERT_FILE": authority, "NODE_EXTRA_CA_CERTS": authority}
    environment = {**os.environ, **(trust if url.startswith("https:") else {})}
    try:
        run = subprocess.run(
            words,
            cwd=judge.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit + 30,
            check=False,
        )
        answer = json.loads(run.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return Verdict(judge.name, False, "the client did not end")
    except (ValueError, IndexError):
        raise RuntimeError(f"{words!r}: {run.stdout[-300:]} {run.stderr[-800:]}") from None
    return Verdict(judge.name, answer["works"], str(answer["why"]), answer.get("seconds", 0.0))


def check(evidence: str, url: str, *options: str) -> Answer:
    """Run `ssewizard check` with these options."""
    words = [sys.executable, "-m", "screens", "check", url, *options, "--format", "json"]
    started = time.monotonic()
    run = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=CHECK_S, check=False
    )
    seconds = time.monotonic() - started
    try:
        report = json.loads(run.stdout)
    except ValueError:
        raise RuntimeError(f"exit status {run.returncode}: {run.stderr[-800:]}") from None
    causes = tuple((cause["id"], cause["confidence"]) for cause in report["causes"])
    return Answer(evidence, report["verdict"], causes, report["recommendation"], seconds)


def answers(place: Place, is_nginx: bool, options: Sequence[str] = ()) -> Iterator[Answer]:
    """Ask the tool with the URL only, with the direct URL, and with all evidence."""
    if place.public.startswith("https:"):
        options = (*options, "--insecure")
    yield check("url", place.public, *options)
    direct = (*options, "--direct", place.direct)
    yield check("direct", place.public, *direct)
    if is_nginx:
        logs = ("--log", str(place.folder / "access.log"), "--log", str(place.folder / "error.log"))
        conf = ("--conf", str(place.folder / CONF))
        yield check("all", place.public, *direct, *conf, *logs)


def describe(said: Sequence[Answer]) -> str:
    """Return the answers in one line."""
    return "; ".join(
        f"{answer.evidence} {answer.verdict} "
        + ", ".join(f"{id} ({confidence})" for id, confidence in answer.causes)
        + f" {answer.seconds:.1f} s"
        for answer in said
    )
