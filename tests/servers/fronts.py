"""What stands in front of the servers: Nginx, old and new, and its neighbours.

A front is a config with placeholders, and the command of its product. `$PORT`, `$BACKEND` and
`$FOLDER` are filled in.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import HTTP_1_1_DEFAULT_SINCE, parse_version
from wizard.lab.nginx_process import binaries, version

HELD = frozenset({"proxy-buffering-hold", "idle-headers-held"})
"""The two names of a stream that Nginx holds; which of them fits depends on the server."""
NOT_NGINX = HELD | {"outer-proxy-buffers", "outer-compression", "response-filter"}
"""What a proxy of another product may be called that holds a stream."""
Command = Callable[[Path, Path, int], tuple[str, ...]]
"""Makes the command from the config's path, the folder and the port."""


@dataclass(frozen=True, slots=True)
class Front:
    """One proxy with its config.

    Attributes:
        program: What must be installed.
        conf: The whole config.
        command: How the product is started with it.
        causes: The failure modes that may be named where its clients fail.
        is_nginx: Whether the tool can read its config and its logs.
        tls: Whether it needs `cert.pem` and `key.pem` in its folder.
        prefix: What is put before the server's path in the public URL.
    """

    name: str
    program: str
    conf: str
    command: Command
    causes: frozenset[str] = HELD
    is_nginx: bool = True
    tls: bool = False
    prefix: str = ""

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"


_NGINX = """%(main)sworker_processes 1;
pid $FOLDER/nginx.pid;
error_log $FOLDER/error.log info;
events {}
http {
    access_log $FOLDER/access.log;
    client_body_temp_path $FOLDER/body;
    proxy_temp_path $FOLDER/proxy;
    fastcgi_temp_path $FOLDER/fastcgi;
    uwsgi_temp_path $FOLDER/uwsgi;
    scgi_temp_path $FOLDER/scgi;
    %(http)s
    server {
        listen 127.0.0.1:$PORT%(listen)s;
        %(server)s
    }
}
"""


def nginx(
    age: str,
    name: str,
    server: str,
    *,
    http: str = "",
    main: str = "",
    tls: bool = False,
    prefix: str = "",
) -> Front:
    """An Nginx (`old` or `new`) with these directives in its server block and around it."""
    main += "user root;\n" if os.geteuid() == 0 else ""
    listen = " ssl http2" if tls else ""
    if tls:
        server += "\nssl_certificate $FOLDER/cert.pem; ssl_certificate_key $FOLDER/key.pem;"
    conf = _NGINX % {"main": main, "http": http, "server": server, "listen": listen}
    binary = NGINX[age]

    def command(conf: Path, folder: Path, port: int) -> tuple[str, ...]:
        errors = str(folder / "error.log")
        return (binary, "-p", str(folder), "-c", str(conf), "-e", errors, "-g", "daemon off;")

    return Front(f"nginx-{age} {name}", binary, conf, command, tls=tls, prefix=prefix)


def nginx_binary(age: str) -> str:
    """An Nginx before 1.29.7 (`old`) or from it on (`new`); a name of no program if there is none.

    From 1.29.7 on HTTP/1.1 is the default towards the upstream.
    """
    found = {parse_version(version(binary)): binary for binary in binaries()}
    is_new = age == "new"
    fitting = [each for each in found if (each >= HTTP_1_1_DEFAULT_SINCE) == is_new]
    return found[fitting[0]] if fitting else f"{'new' if is_new else 'old'} nginx"


NGINX = {age: nginx_binary(age) for age in ("old", "new")}
PASS = "proxy_pass http://127.0.0.1:$BACKEND;"
GOOD = 'proxy_buffering off; proxy_http_version 1.1; proxy_set_header Connection "";'


def haproxy(name: str, backend: str) -> Front:
    conf = f"""global
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen front
    bind 127.0.0.1:$PORT
    {backend}
    server one 127.0.0.1:$BACKEND
"""

    def command(conf: Path, folder: Path, port: int) -> tuple[str, ...]:
        return ("haproxy", "-db", "-q", "-f", str(conf))

    return Front(f"haproxy {name}", "haproxy", conf, command, NOT_NGINX, is_nginx=False)


def apache(name: str, directives: str) -> Front:
    modules = ("mpm_event", "authz_core", "proxy", "proxy_http", "filter", "deflate", "ext_filter")
    loads = "\n".join(
        f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so" for module in modules
    )
    conf = f"""ServerRoot $FOLDER
ServerName localhost
PidFile $FOLDER/apache.pid
DefaultRuntimeDir $FOLDER
ErrorLog $FOLDER/error.log
Listen 127.0.0.1:$PORT
{loads}
{"User www-data" if os.geteuid() == 0 else ""}
{directives}
ProxyPass / http://127.0.0.1:$BACKEND/
"""

    def command(conf: Path, folder: Path, port: int) -> tuple[str, ...]:
        return ("apache2", "-f", str(conf), "-DFOREGROUND")

    return Front(f"apache {name}", "apache2", conf, command, NOT_NGINX, is_nginx=False)


def varnish(name: str, subroutines: str) -> Front:
    conf = f"""vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "$BACKEND"; }}
{subroutines}
"""

    def command(conf: Path, folder: Path, port: int) -> tuple[str, ...]:
        listen, work = f"127.0.0.1:{port}", str(folder / "varnish")
        memory = ("-s", "malloc,20m", "-j", "none")
        return ("varnishd", "-F", "-a", listen, "-f", str(conf), "-n", work, *memory)

    return Front(f"varnish {name}", "varnishd", conf, command, NOT_NGINX, is_nginx=False)


def lighttpd(name: str, directives: str) -> Front:
    conf = f"""server.modules = ("mod_proxy")
server.document-root = "$FOLDER"
server.bind = "127.0.0.1"
server.port = $PORT
server.errorlog = "$FOLDER/error.log"
server.upload-dirs = ("$FOLDER")
{directives}
proxy.server = ("" => (("host" => "127.0.0.1", "port" => $BACKEND)))
"""

    def command(conf: Path, folder: Path, port: int) -> tuple[str, ...]:
        return ("lighttpd", "-D", "-f", str(conf))

    return Front(f"lighttpd {name}", "lighttpd", conf, command, NOT_NGINX, is_nginx=False)


def caddy(name: str, directives: str, proxy: str = "") -> Front:
    conf = f"""{{
    admin off
    auto_https off
}}
http://127.0.0.1:$PORT {{
    {directives}
    reverse_proxy 127.0.0.1:$BACKEND {{
        {proxy}
    }}
}}
"""

    def command(conf: Path, folder: Path, port: int) -> tuple[str, ...]:
        return ("caddy", "run", "--config", str(conf), "--adapter", "caddyfile")

    return Front(f"caddy {name}", "caddy", conf, command, NOT_NGINX, is_nginx=False)
