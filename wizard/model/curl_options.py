"""The options of curl (its manual page, 8.x): which take a value, and which change no request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WITH_VALUE_TEXT = """
abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config
connect-timeout connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data
data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr
dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save
expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port
ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header hostpubmd5 hostpubsha256
hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type krb libcurl
limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs
max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max parallel-max-host pass
pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath
proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type
proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype
proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer
request request-target resolve retry retry-delay retry-max-time sasl-authzid service-name
sigalgs socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit speed-time
stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword
tlsuser trace trace-ascii trace-config unix-socket upload-file upload-flags url url-query user
user-agent variable vlan-priority write-out
"""
_FLAGS_TEXT = """
anyauth append basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest
disable disable-eprt disable-epsv disallow-username-in-url doh-cert-status doh-insecure fail
fail-early fail-with-body false-start form-escape ftp-create-dirs ftp-pasv ftp-pret
ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control get globoff haproxy-protocol head http0.9 http1.0
http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length include insecure
ipv4 ipv6 junk-session-cookies list-only location location-trusted mail-rcpt-allowfails manual
metalink mptcp negotiate netrc netrc-optional next no-alpn no-buffer no-clobber no-keepalive
no-npn no-progress-meter no-sessionid ntlm ntlm-wb parallel parallel-immediate path-as-is
post301 post302 post303 progress-bar proxy-anyauth proxy-basic proxy-digest proxy-http2
proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert
proxy-tlsv1 proxytunnel raw remote-header-name remote-name remote-name-all remote-time
remove-on-error retry-all-errors retry-connrefused sasl-ir show-error show-headers silent
skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast
ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output
suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tlsv1 tlsv1.0 tlsv1.1 tlsv1.2
tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version xattr
"""
_WITHOUT_EFFECT_TEXT = """
basic connect-timeout cookie-jar create-dirs create-file-mode disable dump-header
expect100-timeout fail fail-early fail-with-body get globoff happy-eyeballs-timeout-ms include
keepalive-cnt keepalive-time libcurl no-buffer no-clobber no-keepalive no-progress-meter
no-sessionid output output-dir parallel parallel-immediate parallel-max path-as-is post301
post302 post303 progress-bar proto proto-redir raw remote-header-name remote-name
remote-name-all remote-time remove-on-error retry retry-all-errors retry-connrefused
retry-delay retry-max-time show-error show-headers silent speed-limit speed-time stderr
styled-output suppress-connect-headers tcp-fastopen tcp-nodelay trace trace-ascii trace-config
trace-ids trace-time verbose write-out xattr
"""
WITH_VALUE, FLAGS = frozenset(_WITH_VALUE_TEXT.split()), frozenset(_FLAGS_TEXT.split())
WITHOUT_EFFECT = frozenset(_WITHOUT_EFFECT_TEXT.split())
"""Options that change no byte of the request, and nothing about where it is sent."""
SHORT = {
    "a": "append", "E": "cert", "K": "config", "C": "continue-at", "b": "cookie", "c": "cookie-jar",
    "d": "data", "q": "disable", "D": "dump-header", "f": "fail", "F": "form", "P": "ftp-port",
    "G": "get", "g": "globoff", "I": "head", "H": "header", "0": "http1.0", "i": "include",
    "k": "insecure", "4": "ipv4", "6": "ipv6", "j": "junk-session-cookies", "l": "list-only",
    "L": "location", "M": "manual", "m": "max-time", "n": "netrc", ":": "next", "N": "no-buffer",
    "o": "output", "Z": "parallel", "#": "progress-bar", "x": "proxy", "U": "proxy-user",
    "p": "proxytunnel", "Q": "quote", "r": "range", "e": "referer", "J": "remote-header-name",
    "O": "remote-name", "R": "remote-time", "X": "request", "S": "show-error", "s": "silent",
    "Y": "speed-limit", "y": "speed-time", "2": "sslv2", "3": "sslv3", "t": "telnet-option",
    "z": "time-cond", "1": "tlsv1", "T": "upload-file", "B": "use-ascii", "u": "user",
    "A": "user-agent", "v": "verbose", "V": "version", "w": "write-out",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CurlOption:
    """One option of a command.

    Attributes:
        name: The long name; `url` for a word that is no option, and empty if curl has none such.
        typed: The option as it was typed, without its value.
    """

    name: str
    value: str = ""
    typed: str = ""


def read_options(words: Sequence[str]) -> Iterator[CurlOption]:
    """Yield the options of a command in their order, from the words after `curl`."""
    rest = iter(words)
    for word in rest:
        if word == "--":
            yield from (CurlOption("url", url) for url in rest)
        elif word.startswith("--"):
            yield _long_option(word, rest)
        elif word.startswith("-") and len(word) > 1:
            yield from _short_options(word, rest)
        else:
            yield CurlOption("url", word)


def _long_option(word: str, rest: Iterator[str]) -> CurlOption:
    typed, equals, value = word.partition("=")
    name = _full_name(typed.removeprefix("--"))
    if name in WITH_VALUE:
        return CurlOption(name, value if equals else next(rest, ""), typed)
    return CurlOption(name, "", typed)


def _full_name(name: str) -> str:
    """The name that this one is, or begins; empty if there is none or more than one."""
    names = WITH_VALUE | FLAGS
    if name in names or name.removeprefix("no-") in FLAGS:
        return name
    longer = [item for item in names if name and item.startswith(name)]
    return longer[0] if len(longer) == 1 else ""


def _short_options(word: str, rest: Iterator[str]) -> Iterator[CurlOption]:
    """The options in a word such as `-sSN` or `-XPOST`."""
    for at, letter in enumerate(word[1:], 1):
        name = SHORT.get(letter, "")
        if name in WITH_VALUE:
            yield CurlOption(name, word[at + 1 :] or next(rest, ""), f"-{letter}")
            return
        yield CurlOption(name, "", f"-{letter}")
