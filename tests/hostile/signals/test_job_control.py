"""Ctrl-Z, `bg` and `fg` in a shell with job control."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.signals.wizards import FOOTER, live_server
from tests.screens.terminal import Terminal, wizard_env, wizard_words
from tests.tools import needs

PROMPT = "ready> "


class Shell:
    """An interactive bash, with a wizard as its job."""

    def __init__(self, state: Path) -> None:
        self.terminal = Terminal()
        env = {**wizard_env(state), "PS1": PROMPT}
        words = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
        self.process = self.terminal.start(words, env)
        self.terminal.wait_for(PROMPT)

    def run(self, command: str, answer: str) -> None:
        """Type a command, and wait for an answer after it."""
        written = len(self.terminal.output)
        self.terminal.type(f"{command}\n" if command else "\n")
        self.terminal.wait_for(answer, after=written)

    def wait_for_prompt(self, written: int) -> None:
        """Wait for the prompt after that many bytes of output."""
        self.terminal.wait_for(PROMPT, after=written)

    def foreground_pids(self) -> list[int]:
        """The processes of the job in the foreground."""
        group = os.tcgetpgrp(self.terminal.master)
        listed = subprocess.run(["ps", "-eo", "pgid,pid"], capture_output=True, text=True)
        pairs = [line.split() for line in listed.stdout.splitlines()[1:]]
        return [int(pid) for group_id, pid in pairs if int(group_id) == group]

    def close(self) -> None:
        """End the shell and its jobs."""
        self.terminal.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell with an empty state folder for its wizard."""
    shell = Shell(tmp_path)
    yield shell
    shell.close()


@needs("bash", "ps")
@pytest.mark.parametrize("wrapper", ["", "sh -c '\"$@\"; exit $?' sh "], ids=["alone", "wrapped"])
@pytest.mark.parametrize("stop", ["ctrl-z", "sigstop"])
def test_a_job_is_stopped_and_continued(shell: Shell, wrapper: str, stop: str) -> None:
    terminal = shell.terminal
    with live_server() as url:
        words = " ".join(wizard_words(url))
        shell.run(f"{wrapper}{words}", FOOTER)
        for _ in range(2):
            terminal.read()
            written = len(terminal.output)
            if stop == "ctrl-z":
                terminal.type("\x1a")
            else:
                for pid in shell.foreground_pids():
                    os.kill(pid, signal.SIGSTOP)
            shell.wait_for_prompt(written)
            if stop == "ctrl-z":
                assert not terminal.modes()[1049]
                assert terminal.modes()[25]
                assert terminal.kitty_stack() == []
            shell.run("jobs", "Stopped")
            shell.run("bg", PROMPT)
            shell.run(
                "wait -n 2>/dev/null; jobs", "Stopped"
            )  # a job in the background may not draw
            shell.run("fg", FOOTER)
            terminal.assert_in_use()
        written = len(terminal.output)
        terminal.type("q")
        shell.wait_for_prompt(written)
        shell.run("echo status=$?", "status=0")
        on = {mode for mode, is_on in terminal.modes().items() if is_on}
        assert on == {7, 25}
        assert terminal.kitty_stack() == []
