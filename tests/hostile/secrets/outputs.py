"""All that the tool shows or writes about one incident, by the name of the output."""

import asyncio
import contextlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

from textual.app import App

from screens.app import Wizard
from screens.exit_text import exit_text, full_report
from screens.saved_cases import Autosave
from screens.steps_screen import StepsScreen
from tests.hostile.secrets.incident import Incident
from wizard.cli.check import report_of, run_steps
from wizard.cli.main import main
from wizard.cli.options import make_parser, target_of
from wizard.cli.output import write_report
from wizard.investigation import casefile
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import record_of
from wizard.model.steps import STEPS

FORMATS = ("text", "json", "markdown", "junit", "prometheus")
SIZES = ((80, 60), (200, 60))
"""Columns and rows of the terminals in which the wizard is drawn."""
_KEYS = {
    "root": {"help": "f1", "question": "i", "explanation": "question_mark"},
    "proxy": {"question": "i", "next probe": "v", "explanation": "question_mark"},
    "direct": {"question": "i", "vantages": "e", "explanation": "question_mark"},
    "config": {"question": "i"},
    "fix": {"question": "s"},
}
"""What else a key shows, by the step at which it is pressed."""


def investigate(incident: Incident) -> tuple[Investigation, str]:
    """Run all steps; returns also what the process list showed of our own children meanwhile."""
    investigation = Investigation(target_of(make_parser("check").parse_args(incident.words)))
    commands: set[str] = set()

    async def run() -> None:
        steps = asyncio.create_task(run_steps(investigation, lambda state: None))
        while not steps.done():
            commands.update(_children(os.getpid()))
            await asyncio.wait([steps], timeout=0.05)
        await steps

    asyncio.run(run())
    return investigation, "\n".join(sorted(commands))


def _children(pid: int) -> Iterator[str]:
    """The command lines of the processes below this one."""
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
            for child in children:
                yield Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
                yield from _children(int(child))
        except OSError:
            continue


def reports(investigation: Investigation, folder: Path) -> Iterator[tuple[str, str]]:
    """Each report, as it stands in its file."""
    for format in FORMATS:
        path = folder / f"report.{format}"
        write_report(report_of(investigation, format, str(path), 1.0), str(path))
        yield f"report as {format}", path.read_text()


def saved(investigation: Investigation, folder: Path) -> Iterator[tuple[str, str]]:
    """The case file, what `open` says of it, and what the wizard writes and prints at its end."""
    path = folder / "case.json"
    casefile.write(path, record_of(investigation))
    yield "case file", path.read_text()
    for format in ("text", "json"):
        out, err = run("open", str(path), "--format", format)
        yield f"opened case as {format}", out + err
    autosave = Autosave()
    autosave.save(record_of(investigation))
    autosave.release()
    yield "autosave", next((folder / "state" / "ssewizard").glob("case-*.json")).read_text()
    yield "last report", full_report(investigation)
    yield "exit text", exit_text(investigation)


def inspected(incident: Incident, folder: Path) -> Iterator[tuple[str, str]]:
    """What `inspect` shows of each location."""
    headers = [word for header in incident.headers for word in ("-H", header)]
    port = incident.words[0].partition("127.0.0.1:")[2].partition("/")[0]
    for path in ("/sse", "/old", "/lua", "/auth", "/grpc", "/php", "/py"):
        for format in ("text", "json"):
            words = ["--path", path, "--port", port, "--format", format, "--as-sent", *headers]
            out, err = run("inspect", "--conf", str(incident.conf), *words)
            yield f"inspect {path} as {format}", out + err


def run(*words: str) -> tuple[str, str]:
    """Run a command in this process; returns what it prints on both outputs."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main(words, open_wizard=_no_wizard)
    return out.getvalue(), err.getvalue()


def _no_wizard(*args: object) -> int:
    raise AssertionError("no wizard is opened here")


async def screens(investigation: Investigation) -> dict[str, str]:
    """Each screen of the wizard, in terminals of several sizes, and what it copies."""
    shown: dict[str, str] = {}
    for width, height in SIZES:
        app = Wizard(investigation)
        async with app.run_test(size=(width, height)) as pilot:
            for step in STEPS:
                screen = app.screen
                assert isinstance(screen, StepsScreen)
                screen.show_step(step)
                await pilot.pause()
                shown[f"screen {step}, {width} columns"] = _text(app)
                screen.action_copy()
                shown[f"clipboard {step}"] = app.clipboard
                for name, key in _KEYS.get(step, {}).items() if width == SIZES[0][0] else ():
                    await pilot.press(key)
                    await pilot.pause()
                    shown[f"screen {step}: {name}, {width} columns"] = _text(app)
                    await pilot.press("escape")
                    await pilot.pause()
    return shown


def _text(app: "App[None]") -> str:
    """What the terminal shows; the lines of a panel are also joined, as a reader does."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def dump(outputs: dict[str, str], path: Path) -> None:
    """Write all outputs into one file, to look at."""
    path.write_text(json.dumps(outputs, indent=1, ensure_ascii=False))
