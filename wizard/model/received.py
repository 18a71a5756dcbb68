"""What came of an answer before its headers were complete, and whether the request was sent."""

from dataclasses import dataclass

from wizard.text.messages import tr

MAX_START_BYTES = 64
"""How many of the first bytes of an answer are kept."""


@dataclass(frozen=True, slots=True)
class Received:
    """What the connection has given before the headers of the final answer were complete.

    Attributes:
        size: How many bytes of unfinished headers are here; over HTTP/2, of the header block.
        start: The first bytes, at most `MAX_START_BYTES`, each as the character of that number.
        first_s: When the first byte came, in seconds since the request began.
        last_s: When the newest byte came.
        interim: The number of interim answers (status 1xx) so far.
        problem: Why this is no answer of HTTP, in one sentence; empty if it may be one.
        is_frames: Whether the bytes were read as frames of HTTP/2.
        body_size: How many bytes followed the headers before any of the body could be read.
        is_early: Whether bytes were here before the request was sent; seen without TLS alone.
    """

    size: int
    start: str
    first_s: float
    last_s: float
    interim: int = 0
    problem: str = ""
    is_early: bool = False
    body_size: int = 0
    is_frames: bool = False


_TLS_RECORDS = {"\x15": tr("a TLS alert"), "\x16": tr("a TLS handshake")}
"""The first byte of a TLS record (RFC 8446, section 5.1)."""
_GREETINGS = (
    (("SSH-",), "SSH"),
    (("RFB ",), "VNC"),
    (("AMQP",), "AMQP"),
    (("-ERR", "-NOAUTH", "-DENIED", "-MISCONF", "-LOADING", "+PONG"), "Redis"),
    (("+OK",), "POP3"),
    (("* OK", "* BYE", "* PREAUTH"), "IMAP"),
    (("RTSP/",), "RTSP"),
    (("SIP/",), "SIP"),
    (("ICY ",), "Shoutcast"),
    (("ERROR\r\n",), "memcached"),
    (("PROXY ", "\r\n\r\n\x00\r\nQUIT\n"), tr("the PROXY protocol")),
    (("\xff\xfb", "\xff\xfd", "\xff\xfe"), "Telnet"),
    (("\x05\x00", "\x05\xff", "\x05\x02", "\x00\x5a", "\x00\x5b"), "SOCKS"),
    (("PRI * HTTP/2",), tr("HTTP/2, as a client")),
)
"""What the servers of other protocols send first."""


def name_protocol(start: str) -> str:
    """The protocol that these first bytes belong to, with its article where it needs one; empty if
    it is not known."""
    for greetings, name in _GREETINGS:
        if start.startswith(greetings):
            return name
    if start[:1] in _TLS_RECORDS and start[1:2] == "\x03":
        return tr("TLS ({tls_records})", tls_records=_TLS_RECORDS[start[0]])
    if start[3:9] == "\x04\x00\x00\x00\x00\x00":
        return "HTTP/2"  # A SETTINGS frame (RFC 9113, section 3.4).
    if start[3:4] == "\x00" and start[4:5] in ("\x0a", "\xff"):
        return "MySQL"  # Its first packet is number 0: version 10 of the greeting, or an error.
    if start[:3] in ("220", "421", "554") and start[3:4] in (" ", "-"):
        return (
            "FTP" if "FTP" in start.upper() and "SMTP" not in start.upper() else tr("SMTP or FTP")
        )
    if start[:3] in ("200", "201") and start[3:4] == " ":
        return "NNTP"
    return ""
