"""A client like a browser's EventSource, as a judge: `python events_client.py URL SECONDS`.

It reads the events of `python_server.py` and `wsgi_events.py`, which say when they were sent.
Prints a JSON object: `works`, and `why`. `works` is null between the two bounds, where one user
would complain and another would not.
"""

import json
import sys
import time
from collections.abc import Iterator

import httpx

WATCHED_S = 5.0
PROMPT_S, LATE_S = 0.12, 0.25
"""Nine of ten events of a stream that works are that prompt, half of a held one's that late."""
HEADERS = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}


def delays(url: str, limit: float) -> Iterator[float]:
    """Yield how many seconds each event was on its way, until enough was watched."""
    until = time.monotonic() + limit
    timeout = httpx.Timeout(limit)
    rest = ""
    with httpx.stream("GET", url, headers=HEADERS, timeout=timeout) as response:
        response.raise_for_status()
        if "text/event-stream" not in response.headers.get("content-type", ""):
            raise ValueError("the answer is no event stream")
        for text in response.iter_text():
            *events, rest = (rest + text).replace("\r\n", "\n").split("\n\n")
            for event in events:
                data = event.removeprefix("data: ")
                if data.startswith("{"):
                    yield time.time() - json.loads(data)["sent_at"]
            if time.monotonic() > until:
                return


def judge(url: str, limit: float) -> dict[str, object]:
    seen: list[float] = []
    try:
        seen.extend(delays(url, limit))
    except (httpx.HTTPError, ValueError) as error:
        return {
            "works": False,
            "why": f"{len(seen)} events, then {type(error).__name__}: {error}"[:160],
        }
    if len(seen) < 3:
        return {"works": False, "why": f"{len(seen)} events in {limit:.0f} s"}
    seen.sort()
    half, most = seen[len(seen) // 2], seen[len(seen) * 9 // 10]
    works = False if half > LATE_S else True if most < PROMPT_S else None
    return {"works": works, "why": f"{len(seen)} events, half {half:.2f} s late, most {most:.2f} s"}


if __name__ == "__main__":
    print(json.dumps(judge(sys.argv[1], min(WATCHED_S, float(sys.argv[2])))), flush=True)  # noqa: T201
