"""Frames are reduced to what changes; the terminal shows the same as with the whole frames."""

import random
from collections.abc import Sequence

import pytest
from textual.geometry import Size
from textual.pilot import Pilot

from screens.app import Wizard
from screens.driver import FrameWriter
from screens.screen_diff import ScreenDiff
from screens.sgr import DEFAULT, change_style, parse_style
from tests.screens import investigations
from tests.screens.recording import Emulator, RecordingDriver, record, settle

KINDS = ("ab  ", "abc─│░ ", "a中文 ", ("e\u0301", "a", " "), "🙂a ")
"""The characters of a frame."""
STYLES = ("", "31", "1;31;49", "2;39;49", "7;32", "4", "48;5;17", "38;2;1;2;3;48;2;4;5;6", "0;97")


def frame(rng: random.Random, kind: Sequence[str], rows: int = 4) -> str:
    """A frame as Textual writes one: for each row a move and pieces, each with its style."""
    lines = []
    for row in sorted(rng.sample(range(1, rows + 1), rng.randint(1, rows))):
        column, pieces = rng.choice((1, 1, 1, 9)), list[str]()
        for _ in range(rng.randint(1, 4)):
            text = "".join(rng.choice(kind) for _ in range(rng.choice((1, 3, 12))))
            pieces.append(f"\x1b[{rng.choice(STYLES)}m{text}\x1b[0m")
        lines.append(f"\x1b[{row};{column}H{''.join(pieces)}")
    return "\n".join(lines) + "\x1b[1;1H"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_the_terminal_shows_the_same(kind: Sequence[str], seed: int) -> None:
    rng, diff, whole, reduced = random.Random(seed), ScreenDiff(), Emulator(), Emulator()
    for _ in range(30):
        text = frame(rng, kind)
        whole.write(text)
        output = diff.reduce(text)
        reduced.write(output)
        assert reduced.cells == whole.cells
        assert reduced.style == DEFAULT
        assert (reduced.row, reduced.column) == (0, 0)
        assert diff.reduce(text) == ""


@pytest.mark.parametrize("before", STYLES)
@pytest.mark.parametrize("after", STYLES)
def test_a_style_follows_another(before: str, after: str) -> None:
    first, second = parse_style(before, DEFAULT), parse_style(after, DEFAULT)
    change = change_style(first, second)
    assert parse_style(change[2:-1], first) == second if change else first == second
    assert len(change) <= len(f"\x1b[0;{after}m")


def test_one_changed_character_is_written_alone() -> None:
    diff = ScreenDiff()
    diff.reduce("\x1b[1;1H\x1b[31mnothing for 14 s\x1b[0m\x1b[1;1H")
    changed = "\x1b[1;1H\x1b[31mnothing for 15 s\x1b[0m\x1b[1;1H"
    assert diff.reduce(changed) == "\x1b[1;14H\x1b[31m5\x1b[1H\x1b[m"


def test_what_is_no_frame_is_written_as_it_is() -> None:
    diff, frame = ScreenDiff(), "\x1b[1;1Hx\x1b[1;1H"
    for other in (
        "\x1b[?25l",
        "\x1b]52;c;eA==\x07",
        "\x1b[1;1H\x1b]8;;x\x1b\\",
        "\x1b[1;1Hx\x1b[2J",
    ):
        assert diff.reduce(other) == other
    assert diff.reduce(frame)
    assert not diff.reduce(frame)


@pytest.mark.parametrize("after", ["screen", "size", "unknown sequence", "told so"])
def test_all_is_written_again_when_the_screen_is_not_known(after: str) -> None:
    writer, frame = FrameWriter(), "\x1b[1;1Hxyz\x1b[1;1H"
    first = writer.prepare(frame)
    assert writer.prepare(frame) == ""
    if after == "screen":
        writer.prepare("\x1b[?1049h")
    elif after == "unknown sequence":
        writer.prepare("\x1b[1;1Hx\x1b[2Jy")
    elif after == "told so":
        writer.forget()
    size = Size(60, 18) if after == "size" else None
    assert writer.prepare(frame, size) == first


def test_a_frame_is_synchronised_where_the_terminal_can_do_it() -> None:
    writer, begin, end = FrameWriter(), "\x1b[?2026h", "\x1b[?2026l"
    parts = [writer.prepare(text) for text in (begin, "\x1b[1;1Hx\x1b[1;1H", end)]
    assert "".join(parts) == f"{begin}\x1b[1Hx\x1b[1H{end}"
    assert "".join(map(writer.prepare, (begin, "\x1b[1;1Hx\x1b[1;1H", end))) == ""


async def test_steps_and_help_take_few_bytes_at_80_by_24() -> None:
    """Bytes do not depend on the machine; 3 KB and 10 KB are promised, on a link of 300 ms."""
    app = Wizard(investigations.failing(), clock=lambda: investigations.NOW)
    whole, reduced, sizes = Emulator(), Emulator(), dict[str, int]()

    async def act(pilot: "Pilot[object]", driver: RecordingDriver) -> None:
        reduced.write(driver.taken())
        for key in ("2", "3", "5", "6", "7", "8", "f1", "escape"):
            await pilot.press(key)
            await settle(pilot)
            output = driver.taken()
            sizes[key] = len(output.encode())
            reduced.write(output)

    driver = await record(app, act)
    whole.write(driver.raw)
    assert reduced.cells == whole.cells
    assert max(sizes[key] for key in "235678") <= 3000, sizes
    assert sizes["f1"] <= 10_000, sizes
