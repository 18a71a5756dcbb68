"""Who wrote the config decides what is to be written: a block, annotations, lines for a box."""

from dataclasses import replace

import pytest

from tests.recommend.sites import case, diagnosis, resolution
from wizard.cli.options import make_parser, target_of
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.handshake import Handshake
from wizard.model.target import Style
from wizard.recommend import recommend
from wizard.recommend.dialect import written_by
from wizard.text.errors import UsageError

INGRESS_NGINX = """\
http {
\t## start server app.example.com
\tserver {
\t\tserver_name app.example.com ;
\t\tset $proxy_upstream_name "-";
\t\tlocation / {
\t\t\tset $proxy_upstream_name "prod-app-80";
\t\t\tproxy_buffering off;
\t\t\tproxy_pass http://upstream_balancer;
\t\t}
\t}
\t## end server app.example.com
}
"""
F5 = """\
# configuration for prod/app
upstream prod-app-80 {zone prod-app-80 256k;
\tserver 10.0.0.1:80 max_fails=1 fail_timeout=10s max_conns=0;
}
server {
\tset $resource_type "ingress";
\tset $resource_name "app";
\tlocation / {
\t\tproxy_buffering on;
\t\tproxy_pass http://prod-app-80;
\t}
}
"""
NPM = """\
server {
  set $forward_scheme http;
  access_log /data/logs/proxy-host-1_access.log proxy;

  location / {
    auth_basic "Authorization required";

    # Proxy!
    include conf.d/include/proxy.conf;
  }
}
"""
PROXY = {
    "conf.d/include/proxy.conf": "add_header X-Served-By $host;\n"
    "proxy_set_header Host $host;\nproxy_pass $forward_scheme://$server:$port$request_uri;\n"
}


def _asked(style: Style, known: Case | None = None) -> Case:
    known = known or case()
    return replace(known, target=replace(known.target, style=style))


def _made(known: Case, *ids: str) -> Recommendation:
    made = recommend(known, diagnosis(*ids))
    assert made
    return made


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (INGRESS_NGINX, "ingress-nginx"),
        (F5, "f5"),
        (F5.replace('"ingress"', '"virtualserver"').partition("\n")[2], "f5"),
        (NPM, "npm"),
        ("server {\n location / { proxy_pass http://b; }\n}\n", "nginx"),
    ],
)
def test_a_generated_config_is_known_by_its_marks(text: str, style: Style) -> None:
    assert written_by(resolution(text)) == style


def test_what_the_user_asks_for_counts_more_than_the_marks() -> None:
    made = _made(_asked("nginx", case(resolution(NPM, files=PROXY))), "proxy-buffering-hold")
    assert made.diff


def test_ingress_nginx_gets_annotations_and_is_told_that_buffering_is_off() -> None:
    known = resolution(INGRESS_NGINX, proxy_buffering="off", proxy_read_timeout="60s")
    made = _made(case(known), "idle-read-timeout")
    assert [line.text.strip() for line in made.lines] == [
        "metadata:",
        "annotations:",
        'nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"',
    ]
    assert (made.diff, made.insert_at) == (None, None)
    held = _made(case(known), "proxy-buffering-hold")
    assert "proxy-buffering:" not in held.block
    assert any("another proxy in front" in note for note in held.adapt)


def test_the_f5_controller_has_its_own_words() -> None:
    made = _made(case(resolution(F5, proxy_buffering="on")), "proxy-buffering-hold", "no-affinity")
    assert 'nginx.org/proxy-buffering: "False"' in made.block
    assert 'nginx.org/proxy-read-timeout: "3600s"' in made.block
    assert 'nginx.org/lb-method: "hash $binary_remote_addr consistent"' in made.block
    assert any("mergeable-ingress-type" in note for note in made.adapt)


def test_a_virtual_server_is_told_that_it_takes_no_annotations() -> None:
    made = _made(
        case(resolution(F5.replace('"ingress"', '"virtualserver"'))), "proxy-buffering-hold"
    )
    assert any("buffering: false" in note for note in made.adapt)


@pytest.mark.parametrize("style", ["ingress-nginx", "f5"])
def test_what_has_no_annotation_goes_into_a_snippet_that_says_what_it_needs(style: Style) -> None:
    made = _made(_asked(style), "cache-replay")
    snippet = next(line for line in made.lines if "snippet" in line.text)
    assert "off by default" in snippet.reason
    assert made.lines[-1].text == "      proxy_cache off;"


@pytest.mark.parametrize("style", ["ingress-nginx", "f5"])
def test_the_messages_path_becomes_a_path_of_the_rule(style: Style) -> None:
    shaken = Handshake("direct", "http://b/sse", endpoint="/message?sessionId=1")
    known = replace(_asked(style), handshakes=(shaken,))
    made = _made(known, "message-path-unrouted")
    assert '- path: "/message"\n  pathType: Exact\n' in made.block


@pytest.mark.parametrize("style", ["ingress-nginx", "f5"])
@pytest.mark.parametrize("name", ["limits", "upgrade-hardcoded", "location-miss"])
def test_what_no_annotation_mends_is_said(style: Style, name: str) -> None:
    known = _asked(style)
    made, other = _made(known, name), _made(known, "idle-read-timeout")
    assert made.block.startswith("# no annotation")
    assert set(made.adapt) - set(other.adapt)


def test_the_box_gets_the_location_that_the_config_leads_to() -> None:
    made = _made(case(resolution(NPM, files=PROXY)), "proxy-buffering-hold")
    assert made.block == (
        "location = /sse {\n  proxy_buffering off;\n  proxy_read_timeout 3600s;\n"
        '  auth_basic "Authorization required";\n\n  # Proxy!\n'
        "  include conf.d/include/proxy.conf;\n}\n"
    ).replace("\n\n", "\n")
    assert made.diff is None
    assert "Custom Nginx Configuration" in made.adapt[0]


def test_without_a_config_the_box_gets_the_manager_s_own_lines() -> None:
    made = _made(_asked("npm"), "proxy-buffering-hold")
    assert made.block.startswith("location = /sse {\n    include conf.d/include/proxy.conf;\n")
    assert "proxy_pass" not in made.block
    assert any("opens a hole" in note for note in made.adapt)


def test_what_belongs_outside_the_server_is_told_where_to_go() -> None:
    text = "upstream app { server a; server b; }\n" + NPM.replace(
        "include conf.d/include/proxy.conf", "proxy_pass http://app"
    )
    known = resolution(text)
    assert known.upstream
    known = replace(known, upstream=replace(known.upstream, passed="http://app"))
    made = _made(case(known), "no-affinity")
    assert "upstream app {" in made.block
    assert any("http_top.conf" in note for note in made.adapt)


def test_the_style_is_an_option_of_check_and_of_the_wizard() -> None:
    for command in ("check", ""):
        words = make_parser(command).parse_args(["http://a/sse", "--style", "npm"])
        assert target_of(words).style == "npm"
        assert target_of(make_parser(command).parse_args(["http://a/sse"])).style == ""
        with pytest.raises(UsageError):
            make_parser(command).parse_args(["http://a/sse", "--style", "apache"])
