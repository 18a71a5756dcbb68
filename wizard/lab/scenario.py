"""An incident as data: one small file in `scenarios/`, shared by the lab and the tests."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wizard.lab.behaviour import Behaviour
from wizard.model.diagnosis import Verdict
from wizard.text.display import safe
from wizard.text.errors import LabError


@dataclass(frozen=True, slots=True)
class Scenario:
    """One incident.

    Attributes:
        server: The inside of the `server` block, with `$LISTEN`, `$BACKEND`, `$CLOSED` (a port
            where nothing listens), `$SECOND` (the same backend once more, with sessions of its
            own), `$STUCK` (a port that never connects), `$CERT` and `$KEY` to be filled in.
        http: Lines at the http level.
        path: The stream's path in the URL that the wizard is given.
        tls: Whether the listener speaks TLS.
        verdict: What `check` must say.
        expected: The ids of the causes it must name, the primary one first.
        risks: The ids of the latent risks that it must list.
        options: Options of the target that the scenario needs: `stall`, `patience`.
        mended: The same, mended: `check` must no longer name the expected causes. In the file, a
            table `[mended]` with whatever differs of `server`, `http`, `path`, `backend`, `never`.
    """

    name: str
    title: str
    story: str
    server: str
    verdict: Verdict
    expected: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    http: str = ""
    path: str = "/sse"
    tls: bool = False
    backend: Behaviour = field(default_factory=Behaviour)
    options: Mapping[str, float] = field(default_factory=dict)
    mended: "Scenario | None" = None

    def names(self, placeholder: str) -> bool:
        """Whether the config needs this filled in."""
        return placeholder in self.server or placeholder in self.http


@lru_cache(maxsize=1)
def list_scenarios() -> tuple[Scenario, ...]:
    """All scenarios, the incident first."""
    folder = files("wizard.lab") / "scenarios"
    found = [
        _scenario(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text("utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda scenario: (scenario.name != "incident", scenario.name)))


def scenario_named(name: str) -> Scenario:
    """The scenario of that name. Raises `LabError` with the names that there are."""
    for scenario in list_scenarios():
        if scenario.name == name:
            return scenario
    known = ", ".join(scenario.name for scenario in list_scenarios())
    raise LabError(f"no scenario {safe(name, 60)!r}; there are {known}")


def _scenario(name: str, data: Mapping[str, Any]) -> Scenario:
    mended = data.get("mended")
    return replace(
        _plain(name, data),
        mended=_plain(f"{name}, mended", {**data, **mended}) if mended is not None else None,
    )


def _plain(name: str, data: Mapping[str, Any]) -> Scenario:
    return Scenario(
        name,
        data["title"],
        data["story"].strip(),
        data["server"].strip("\n"),
        data["verdict"],
        tuple(data.get("expected", ())),
        tuple(data.get("risks", ())),
        data.get("http", "").strip("\n"),
        data.get("path", "/sse"),
        data.get("tls", False),
        Behaviour(**{**data.get("backend", {}), **_silences(data)}),
        data.get("options", {}),
    )


def _silences(data: Mapping[str, Any]) -> dict[str, None]:
    """TOML has no null: `never = ["first_s"]` means that it never happens."""
    return dict.fromkeys(data.get("never", ()))
