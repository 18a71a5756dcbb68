"""The output of `nginx -T` gives the same config as the files."""

import subprocess
from pathlib import Path

import pytest

from tests.nginx.random_configs import TEMP_KINDS
from wizard.model.config import Directive
from wizard.nginx.load import config_from_text, read_config

pytestmark = pytest.mark.nginx
TEMPS = " ".join(f"{kind}_temp_path t_{kind};" for kind in TEMP_KINDS)
FILES = {
    "nginx.conf": f"\n\n# first\nevents {{}}\npid nginx.pid; error_log stderr;\nhttp {{\n{TEMPS}\n"
    "access_log off;\ninclude ./sites/../one.conf;\ninclude sites//*.conf;\ninclude empty.conf;\n"
    "include none/*.conf;\n}\n\n\n",
    "one.conf": "\r\nserver {\r\n listen 127.0.0.1:1;\r\n}\r\n",
    "sites/b.conf": "\nserver { listen 127.0.0.1:2;\n include ./deep; }",
    "sites/a.conf": "# configuration file for a:\n\nserver { listen 127.0.0.1:3; }\n\n\n",
    "deep": "server_name deep; # the end",
    "empty.conf": "",
    "sites/.hidden.conf": "nonsense",
}
Shape = list[tuple[str, tuple[str, ...], int, int, str, "Shape | None"]]


def shape(block: tuple[Directive, ...], base: Path) -> Shape:
    """The tree of directives with relative file names, without includes."""
    return [
        (
            directive.name, directive.args, directive.where.line, directive.end_line,
            str(Path(directive.where.file).resolve().relative_to(base)),
            None if directive.block is None else shape(directive.block, base),
        )
        for directive in block
    ]  # fmt: skip


@pytest.mark.parametrize("relative", [False, True])
def test_a_dump_gives_the_same_config_as_its_files(
    nginx: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relative: bool
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, newline="")
    monkeypatch.chdir(tmp_path)
    prefix = "." if relative else str(tmp_path)
    words = [nginx, "-p", prefix, "-c", "nginx.conf", "-e", "stderr"]
    version = subprocess.run([*words, "-v"], capture_output=True, text=True, check=True).stderr
    dump = subprocess.run([*words, "-T"], capture_output=True, text=True, check=True)
    from_dump = config_from_text(version + dump.stderr + dump.stdout, "-")
    from_disk = read_config("nginx.conf")
    assert shape(from_dump.root, tmp_path) == shape(from_disk.root, tmp_path)
    assert from_dump.notes == from_disk.notes == ()
    assert from_dump.version is not None
    assert version.endswith(f"/{from_dump.version}\n")
