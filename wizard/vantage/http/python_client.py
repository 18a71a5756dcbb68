"""What python3 runs over there: sent to it as text, so it uses nothing but its standard library.

It prints the bytes of the response as they come, and says on standard error how far it is. It must
run on any Python 3, hence no annotations.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import json
import signal
import socket
import ssl
import sys


def say(*words):
    """One line for whoever listens."""
    sys.stderr.write(" ".join(str(word) for word in words) + "\n")
    sys.stderr.flush()


def fail(kind, error):
    """The end, and why."""
    why = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or error
    say("failed", kind, why)
    sys.exit(3)


def connect(spec):
    """A connection to the first address that answers."""
    try:
        found = socket.getaddrinfo(spec["host"], spec["port"], 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        fail("dns", error)
    for address in [one[4] for one in found][:-1]:
        try:
            return attempt(address, spec)
        except OSError:
            continue
    try:
        return attempt(found[-1][4], spec)
    except socket.timeout as error:  # noqa: UP041 (another class before Python 3.10)
        return fail("timeout", error)
    except OSError as error:
        return fail("refused", error)


def attempt(address, spec):
    """A connection to that address."""
    say("resolved", address[0])
    return socket.create_connection(address[:2], spec["timeout"])


def secured(plain, spec):
    """TLS over the connection."""
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
    """One request; the first line says where to, the rest is its bytes."""
    spec = json.loads(sys.stdin.buffer.readline().decode("ascii"))
    signal.alarm(spec["limit"])
    say("begins")
    channel = connect(spec)
    say("connected")
    if spec["secure"]:
        channel = secured(channel, spec)
        say("secured")
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
