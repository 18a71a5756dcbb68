"""The program that python3 runs at a vantage: only this text is sent there.

It prints the bytes of the response as they come, and its progress on standard error. It must run
on every Python 3: only the standard library, and no annotations.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import json
import signal
import socket
import ssl
import sys


def report(*words):
    """Print a line of progress on standard error."""
    sys.stderr.write(" ".join(str(word) for word in words) + "\n")
    sys.stderr.flush()


def fail(kind, error):
    """Report an error and exit."""
    message = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or error
    report("failed", kind, message)
    sys.exit(3)


def connect(spec):
    """Return a connection to the unix socket, or to the first address that answers."""
    if spec["socket"]:
        return connect_to_socket(spec)
    try:
        addresses = socket.getaddrinfo(spec["host"], spec["port"], 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        fail("dns", error)
    for address in [entry[4] for entry in addresses][:-1]:
        try:
            return connect_to(address, spec)
        except OSError:
            continue
    try:
        return connect_to(addresses[-1][4], spec)
    except socket.timeout as error:  # noqa: UP041 (another class before Python 3.10)
        return fail("timeout", error)
    except OSError as error:
        return fail("refused", error)


def connect_to_socket(spec):
    """Return a connection to the unix socket."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.settimeout(spec["timeout"])
    try:
        channel.connect(spec["socket"])
    except socket.timeout as error:  # noqa: UP041
        return fail("timeout", error)
    except OSError as error:
        return fail("refused", error)
    return channel


def connect_to(address, spec):
    """Return a connection to one address."""
    report("resolved", address[0])
    return socket.create_connection(address[:2], spec["timeout"])


def start_tls(plain, spec):
    """Return the connection with TLS."""
    context = ssl.create_default_context()
    if spec["insecure"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(plain, server_hostname=spec["name"])
    except socket.timeout as error:  # noqa: UP041
        return fail("timeout", error)
    except (OSError, ValueError) as error:
        return fail("tls", error)


def main():
    """Make one request: the first line of the input has the parameters, the rest is the request."""
    spec = json.loads(sys.stdin.buffer.readline().decode("ascii"))
    signal.alarm(spec["limit"])
    report("begins")
    channel = connect(spec)
    report("connected")
    if spec["secure"]:
        channel = start_tls(channel, spec)
        report("secured")
    channel.settimeout(None)
    try:
        channel.sendall(sys.stdin.buffer.read())
        data = channel.recv(65536)
        while data:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            data = channel.recv(65536)
    except OSError as error:
        fail("reset", error)


if __name__ == "__main__":
    main()
