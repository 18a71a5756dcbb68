"""Who wrote the config decides what is to be written: a block, annotations, lines for a box."""

import re
from dataclasses import replace

import pytest

from tests.recommend.builders import UNNAMED, case_of, diagnosis_of, resolution_of
from wizard.cli.options import make_parser, target_of
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.handshake import Handshake
from wizard.model.target import Style
from wizard.recommend import recommend
from wizard.recommend.annotations import recommend_annotations
from wizard.recommend.dialects import written_by
from wizard.recommend.settings import WantedSettings
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


def _asked(style: Style, case: Case | None = None) -> Case:
    case = case or case_of()
    return replace(case, target=replace(case.target, style=style))


def _recommended(case: Case, *ids: str) -> Recommendation:
    recommendation = recommend(case, diagnosis_of(*ids))
    assert recommendation
    return recommendation


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
def test_a_generated_config_is_recognized_by_its_marks(text: str, style: Style) -> None:
    assert written_by(resolution_of(text)) == style


def test_the_style_option_counts_more_than_the_marks() -> None:
    recommendation = _recommended(
        _asked("nginx", case_of(resolution_of(NPM, files=PROXY))), "proxy-buffering-hold"
    )
    assert recommendation.diff


def test_ingress_nginx_gets_annotations_and_a_note_that_buffering_is_off() -> None:
    resolution = resolution_of(INGRESS_NGINX, proxy_buffering="off", proxy_read_timeout="60s")
    recommendation = _recommended(case_of(resolution), "idle-read-timeout")
    assert [line.text.strip() for line in recommendation.lines] == [
        "metadata:",
        "annotations:",
        'nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"',
    ]
    assert (recommendation.diff, recommendation.insert_at) == (None, None)
    held = _recommended(case_of(resolution), "proxy-buffering-hold")
    assert "proxy-buffering:" not in held.block
    assert any("another proxy in front" in note for note in held.adapt)


def test_the_f5_controller_gets_its_own_annotations() -> None:
    recommendation = _recommended(
        case_of(resolution_of(F5, proxy_buffering="on")), "proxy-buffering-hold", "no-affinity"
    )
    assert 'nginx.org/proxy-buffering: "False"' in recommendation.block
    assert 'nginx.org/proxy-read-timeout: "3600s"' in recommendation.block
    assert 'nginx.org/lb-method: "hash $binary_remote_addr consistent"' in recommendation.block
    assert any("mergeable-ingress-type" in note for note in recommendation.adapt)


def test_a_note_tells_what_to_set_in_a_virtual_server() -> None:
    recommendation = _recommended(
        case_of(resolution_of(F5.replace('"ingress"', '"virtualserver"'))), "proxy-buffering-hold"
    )
    assert any("buffering: false" in note for note in recommendation.adapt)


@pytest.mark.parametrize("style", ["ingress-nginx", "f5"])
def test_a_setting_without_annotation_goes_into_a_snippet_with_its_condition(style: Style) -> None:
    recommendation = _recommended(_asked(style), "cache-replay")
    snippet = next(line for line in recommendation.lines if "snippet" in line.text)
    assert "off by default" in snippet.reason
    assert recommendation.lines[-1].text == "      proxy_cache off;"


@pytest.mark.parametrize("style", ["ingress-nginx", "f5"])
def test_the_messages_path_becomes_a_path_of_the_rule(style: Style) -> None:
    handshake = Handshake("direct", "http://b/sse", endpoint="/message?sessionId=1")
    case = replace(_asked(style), handshakes=(handshake,))
    recommendation = _recommended(case, "message-path-unrouted")
    assert '- path: "/message"\n  pathType: Exact\n' in recommendation.block


@pytest.mark.parametrize("style", ["ingress-nginx", "f5"])
def test_a_path_for_everybody_becomes_a_path_of_the_rule(style: Style) -> None:
    path = "/.well-known/oauth-protected-resource"
    wanted = WantedSettings((NginxSettings(public_path=lambda _case: path),))
    recommendation = recommend_annotations(_asked(style), wanted, style)
    assert f'- path: "{path}"\n  pathType: Exact\n' in recommendation.block


@pytest.mark.parametrize("style", ["ingress-nginx", "f5"])
@pytest.mark.parametrize("name", ["limits", "upgrade-hardcoded", "location-miss", "cors"])
def test_a_fault_that_no_annotation_fixes_gets_a_note(style: Style, name: str) -> None:
    case = _asked(style)
    recommendation, other = _recommended(case, name), _recommended(case, "idle-read-timeout")
    assert recommendation.block.startswith("# no annotation")
    assert set(recommendation.adapt) - set(other.adapt)


def test_proxy_manager_gets_the_location_derived_from_its_config() -> None:
    recommendation = _recommended(case_of(resolution_of(NPM, files=PROXY)), "proxy-buffering-hold")
    assert recommendation.block == (
        "# paste into the box:\n"
        "location = /sse {\n  proxy_buffering off;\n  proxy_read_timeout 3600s;\n"
        '  auth_basic "Authorization required";\n\n  # Proxy!\n'
        "  include conf.d/include/proxy.conf;\n}\n"
    ).replace("\n\n", "\n")
    assert recommendation.diff is None
    assert "Custom Nginx Configuration" in recommendation.adapt[0]


def test_without_a_config_proxy_manager_gets_lines_that_its_locations_inherit() -> None:
    recommendation = _recommended(_asked("npm"), "proxy-buffering-hold")
    assert recommendation.block == (
        "# paste into the box, where it holds for every path of this host:\n"
        "proxy_buffering off;\nproxy_read_timeout 3600s;\n"
    )


def test_a_new_location_for_proxy_manager_has_its_own_include() -> None:
    handshake = Handshake("direct", "http://b/sse", endpoint="/message?sessionId=1")
    case = replace(_asked("npm"), handshakes=(handshake,))
    recommendation = _recommended(case, "message-path-unrouted")
    (part,) = recommendation.parts
    assert part.block == "location = /message {\n    include conf.d/include/proxy.conf;\n}\n"
    assert any("bypasses your access control" in note for note in recommendation.adapt)


def test_the_map_of_a_websocket_goes_outside_of_the_box_of_proxy_manager() -> None:
    recommendation = _recommended(_asked("npm"), "websocket-upgrade-missing")
    box, outside = recommendation.parts
    assert "Connection $connection_upgrade;" in box.block
    assert "map" not in box.block
    assert outside.block.startswith("map $http_upgrade $connection_upgrade {")
    assert outside.where.endswith("it in /data/nginx/custom/http_top.conf")
    assert any("Websockets Support of the proxy host" in note for note in recommendation.adapt)


def test_a_note_names_the_file_for_lines_outside_the_server() -> None:
    text = "upstream app { server a; server b; }\n" + NPM.replace(
        "include conf.d/include/proxy.conf", "proxy_pass http://app"
    )
    resolution = resolution_of(text)
    assert resolution.upstream
    resolution = replace(resolution, upstream=replace(resolution.upstream, passed="http://app"))
    recommendation = _recommended(case_of(resolution), "no-affinity")
    assert "upstream app {" in recommendation.block
    assert any("http_top.conf" in note for note in recommendation.adapt)


_SECRET = NPM.replace("# Proxy!", "set $api_key abcdef;")
_BACKUP = "upstream app { server a; server b backup; }\n" + NPM.replace(
    "include conf.d/include/proxy.conf", "proxy_pass http://app"
)


@pytest.mark.parametrize(
    ("text", "main", "cause", "for_file", "for_both"),
    [
        (
            _SECRET,
            "nginx.conf",
            "proxy-buffering-hold",
            "there is no diff",
            "stands in nginx.conf today",
        ),
        (NPM, "sites-enabled/app", "proxy-buffering-hold", "run patch with", ""),
        (NPM, UNNAMED, "proxy-buffering-hold", "the diff calls it", ""),
        (_BACKUP, "nginx.conf", "no-affinity", "refuse servers marked", "refuse servers marked"),
    ],
)
def test_proxy_manager_reads_nothing_of_a_diff_or_of_its_files(
    text: str, main: str, cause: str, for_file: str, for_both: str
) -> None:
    resolution = resolution_of(text, files=PROXY, main=main)
    assert resolution.upstream
    resolution = replace(resolution, upstream=replace(resolution.upstream, passed="http://app"))
    of_file = " ".join(_recommended(_asked("nginx", case_of(resolution)), cause).adapt)
    assert for_file in of_file
    assert for_both in of_file
    of_box = " ".join(_recommended(case_of(resolution), cause).adapt)
    assert for_both in of_box
    assert not re.search(r"\bdiff\b|\bpatch\b", of_box)


def test_the_style_is_an_option_of_check_and_of_the_wizard() -> None:
    for command in ("check", ""):
        words = make_parser(command).parse_args(["http://a/sse", "--style", "npm"])
        assert target_of(words).style == "npm"
        assert target_of(make_parser(command).parse_args(["http://a/sse"])).style == ""
        with pytest.raises(UsageError):
            make_parser(command).parse_args(["http://a/sse", "--style", "apache"])
