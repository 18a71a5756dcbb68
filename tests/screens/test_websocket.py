"""A WebSocket in the panes: messages as events, control frames by their name."""

from screens.live.buffer import EventBuffer
from screens.live.feed import feed_timelines
from screens.live.rows import entry_row
from tests.diagnose.test_websocket_outcome import OPEN, messages
from wizard.model.events import Chunk, Comment, Ended


def test_messages_and_control_frames_are_shown() -> None:
    frames = [Comment(0.3, "ping"), Comment(0.3, "pong x"), Comment(0.4, "close 1008 (no)")]
    ended = Ended(0.4, "eof", "closed by the server: 1008 (no)")
    timeline = OPEN.fold([*messages(0.1), Chunk(0.3, 9, 9, items=3), *frames, ended])
    buffer = EventBuffer()
    buffer.begin(["proxy"])
    feed_timelines(buffer, {}, {"proxy": timeline})
    shown = [entry_row(entry, [], "").plain for entry in buffer]
    assert shown == [
        "proxy   +0.02 101 no type",
        "proxy   +0.10 text x",
        "proxy   +0.30 · ping",
        "proxy   +0.30 · pong x",
        "proxy   +0.40 · close 1008 (no)",
        "proxy   +0.40 ■ closed by the server: 1008 (no)",
    ]
