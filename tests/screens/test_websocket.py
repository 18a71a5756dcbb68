"""A WebSocket in the panes: messages as events, control frames by their name."""

from screens.widgets.timelines import live_stream
from tests.diagnose.test_websocket_outcome import OPEN, STEADY, messages
from wizard.diagnose.outcome import classify
from wizard.model.events import Chunk, Comment, Ended


def test_messages_and_control_frames_are_shown() -> None:
    frames = [Comment(0.3, "ping"), Comment(0.3, "pong x"), Comment(0.4, "close 1008 (no)")]
    ended = Ended(0.4, "eof", "closed by the server: 1008 (no)")
    timeline = OPEN.fold([*messages(0.1), Chunk(0.3, 9, 9, items=3), *frames, ended])
    shown = [line.plain for line in live_stream("Proxied", classify(timeline, [STEADY]), 9, None)]
    assert shown == [
        "Proxied cut",
        "h1 identity, 101",
        "+0.100 text x",
        "+0.300 · ping ",
        "+0.300 · pong x",
        "+0.400 · close 1008 (no)",
        "closed by the server: 1008 (no)",
    ]
