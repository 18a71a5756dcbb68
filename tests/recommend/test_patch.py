"""Where the diff is applied, and what it may hold."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.recommend.builders import UNNAMED, apply_diff, case_of, diagnosis_of, resolution_of
from tests.recommend.real_nginx import BINARIES, accepts, command
from tests.tools import needs
from wizard.model.config import Config
from wizard.model.resolution import Request
from wizard.model.target import Source
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.recommend import recommend
from wizard.recommend.patch import Edit, make_diff, patch_target, unified_diff


def test_a_dump_names_files_from_the_main_config_s_directory() -> None:
    dump = Config("/etc/nginx/nginx.conf", ())
    place = patch_target(dump, "/etc/nginx/conf.d/a.conf")
    assert (place.directory, place.name) == ("/etc/nginx", "conf.d/a.conf")


def test_a_file_elsewhere_is_patched_in_its_own_directory() -> None:
    dump = Config("/etc/nginx/nginx.conf", ())
    place = patch_target(dump, "/srv/app/nginx/site.conf")
    assert (place.directory, place.name) == ("/srv/app/nginx", "site.conf")


def test_a_config_without_a_name_is_called_nginx_conf() -> None:
    text = "server { location / { proxy_pass http://b; } }"
    recommendation = recommend(
        case_of(resolution_of(text, main=UNNAMED)), diagnosis_of("proxy-buffering-hold")
    )
    assert recommendation
    assert recommendation.diff
    assert recommendation.diff.startswith("--- nginx.conf\n+++ nginx.conf\n")
    assert "nginx.conf" in "".join(recommendation.adapt)


@needs("patch")
def test_patch_applies_the_diff_of_a_linked_site(tmp_path: Path) -> None:
    for name in ("sites-available", "sites-enabled"):
        (tmp_path / name).mkdir()
    real = tmp_path / "sites-available" / "a"
    real.write_text("server {\n  location / {\n    proxy_pass http://b;\n  }\n}\n")
    (tmp_path / "sites-enabled" / "a").symlink_to(real)
    (tmp_path / "nginx.conf").write_text("http { include sites-enabled/*; }")
    resolution = resolve_request(read_config(str(tmp_path / "nginx.conf")), Request("/sse"))
    recommendation = recommend(case_of(resolution), diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    apply_diff(recommendation)
    assert "proxy_buffering off;" in real.read_text()


def test_a_note_names_the_vantage_that_has_the_files() -> None:
    case = case_of(resolution_of("server { location / { proxy_pass http://b; } }"))
    case = replace(case, target=replace(case.target, conf=Source("", "web")))
    recommendation = recommend(case, diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    assert "web" in "".join(recommendation.adapt)


def test_a_link_is_followed_since_patch_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-available" / "a").write_text("")
    (tmp_path / "sites-enabled" / "a").symlink_to("../sites-available/a")
    names = {name: str(tmp_path / name) for name in ("nginx.conf", "sites-enabled/a")}
    place = patch_target(Config("nginx.conf", (), paths=names), "sites-enabled/a")
    assert (place.directory, place.name) == (str(tmp_path.resolve()), "sites-available/a")


@pytest.mark.parametrize("odd", ["\ufffd", "\x1b[2J", "\u202e", "a\rb"])
def test_lines_with_control_characters_are_no_context(odd: str) -> None:
    diff = unified_diff("a", f"x\n{odd}\nb\n", f"x\n{odd}\nb\nc\n")
    assert diff == "--- a\n+++ a\n@@ -3 +3,2 @@\n b\n+c\n"
    assert unified_diff("a", "x\n", f"x\n{odd}\n") is None


def test_odd_separators_do_not_end_a_line() -> None:
    diff = unified_diff("a", "x\x0cy\u2028z\nb\n", "x\x0cy\u2028z\nb\nc\n")
    assert diff == "--- a\n+++ a\n@@ -2 +2,2 @@\n b\n+c\n"


def test_notes_name_a_file_included_twice_and_linked_sites() -> None:
    files = {"sites-enabled/a": "server { location / { proxy_pass http://b; } }"}
    resolution = resolution_of("include sites-enabled/a;\ninclude sites-enabled/a;", files=files)
    recommendation = recommend(case_of(resolution), diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    notes = " ".join(recommendation.adapt)
    assert "--follow-symlinks" in notes
    assert "included 2 times" in notes


def test_a_file_that_stays_as_it_is_does_not_cost_the_diff() -> None:
    config = Config("a", (), texts={"a": "x\n", "b": "y\n"})
    edits = [Edit("a", 0, 1, "x"), Edit("b", 0, 1, "z")]
    assert make_diff(config, ["a", "b"], edits, ()) == ("--- b\n+++ b\n@@ -1 +1 @@\n-y\n+z\n", "")
    assert make_diff(config, ["a"], edits[:1], ()) == (None, "")


@needs("patch")
@pytest.mark.nginx
@pytest.mark.parametrize("binary", BINARIES)
def test_the_diff_of_a_dump_applies_to_the_files(tmp_path: Path, binary: str) -> None:
    (tmp_path / "conf.d").mkdir()
    file = tmp_path / "conf.d" / "a.conf"
    file.write_text("server {\n  location / {\n    proxy_pass http://127.0.0.1;\n  }\n}\n")
    (tmp_path / "nginx.conf").write_text("events {} http { include conf.d/*.conf; }")
    dumped = subprocess.run([*command(binary, tmp_path), "-T"], capture_output=True, text=True)
    (tmp_path / "dump").write_text(dumped.stdout)
    recommendation = recommend(
        case_of(resolve_request(read_config(str(tmp_path / "dump")), Request("/sse"))),
        diagnosis_of("proxy-buffering-hold"),
    )
    assert recommendation
    assert recommendation.directory == str(tmp_path)
    apply_diff(recommendation)
    assert "proxy_buffering off;" in file.read_text()
    assert accepts(binary, tmp_path)[0]
