"""Configs and resolutions in a case file: stored as the config's texts alone.

Directives and resolutions are computed from the texts again on reading, so a file cannot claim
what its config does not contain.
"""

import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from wizard.investigation.casefile.decode import Decoder, Misread, ValueDecoder
from wizard.investigation.casefile.encode import Encoder, Json, encode
from wizard.model.config import Config
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import config_from_store
from wizard.nginx.resolve import resolve_request
from wizard.text.errors import ConfigError


@dataclass(frozen=True, slots=True)
class StoredResolution:
    """Which request was resolved in which of the file's configs, with which Nginx's defaults.

    Attributes:
        config: Index in the list of configs.
        whole: A resolution whose config has no text: stored as it is.
    """

    config: int = 0
    request: Request | None = None
    version: str | None = None
    whole: RequestResolution | None = None


class CaseConfigs:
    """The configs of one case file: each is stored once and parsed once.

    Attributes:
        skip: True if configs are not read: resolutions are None then.
    """

    def __init__(self, *, skip: bool = False) -> None:
        self.skip = skip
        self._stored: list[Config] = []
        self._loaded: tuple[Config, ...] = ()

    @property
    def encoders(self) -> Mapping[type, Encoder]:
        """How resolutions are encoded; their configs are collected for `encoded`."""
        return {RequestResolution: self._encode}

    @property
    def decoders(self) -> Mapping[type, ValueDecoder]:
        """How resolutions are decoded; `load` must have read the configs."""
        return {RequestResolution: self._decode}

    def _encode(self, resolution: RequestResolution) -> Json:
        config = resolution.config
        if not config.texts:
            return encode(StoredResolution(whole=resolution), StoredResolution, {})
        if config not in self._stored:
            self._stored.append(config)
        index = self._stored.index(config)
        stored = StoredResolution(index, resolution.request, resolution.version)
        return encode(stored, StoredResolution, {})

    def encoded(self) -> list[Json]:
        """The configs of all encoded resolutions, without their directives."""
        configs = [encode(replace(config, root=()), Config, {}) for config in self._stored]
        return [
            {name: value for name, value in config.items() if name != "root"} for config in configs
        ]

    def load(self, values: Json, decoder: Decoder) -> None:
        """Read the configs, before the resolutions that refer to them. Raises `Misread`."""
        if self.skip:
            return
        if not isinstance(values, list):
            raise Misread("configs", "not a list")
        # Directives that the file contains are ignored: they are parsed from the texts.
        values = [value | {"root": []} if isinstance(value, dict) else value for value in values]
        stored: tuple[Config, ...] = decoder.read(values, tuple[Config, ...], "configs")
        self._loaded = tuple(
            _parsed(config, f"configs[{index}]") for index, config in enumerate(stored)
        )

    def _decode(self, value: Json, decoder: Decoder, where: str) -> RequestResolution | None:
        if self.skip:
            return None
        plain = Decoder({}, {})
        stored: StoredResolution = plain.read(value, StoredResolution, where)
        decoder.unknown += plain.unknown
        if stored.whole is not None:
            return stored.whole
        if stored.request is None or not 0 <= stored.config < len(self._loaded):
            raise Misread(where, "it names no request, or no config of this file")
        return resolve_request(self._loaded[stored.config], stored.request, stored.version)


def _parsed(stored: Config, where: str) -> Config:
    """The config with its directives, parsed from its texts."""
    main = stored.main
    if main not in stored.texts:
        raise Misread(where, "its main file is not among its texts")
    try:
        store = SavedStore(os.path.dirname(main), stored.texts)
        parsed = config_from_store(store, main, stored.texts[main])
    except ConfigError as error:
        raise Misread(where, str(error)) from None
    return replace(stored, root=parsed.root)


@dataclass(frozen=True)
class SavedStore:
    """A config's files by the names that they were read under: a `nginx.store.ConfigStore`."""

    directory: str
    texts: Mapping[str, str]

    def find(self, pattern: str) -> list[str]:
        """The files that an `include` names; files that were missing then are missing here."""
        plain = os.path.join(self.directory, pattern)
        if not glob.has_magic(pattern):
            return [name for name in self.texts if _parts(name) == _parts(plain)][:1]
        wanted = _parts(os.path.join(glob.escape(self.directory), pattern))
        return sorted(name for name in self.texts if _is_match(_parts(name), wanted))

    def problem(self, pattern: str) -> str:
        """Empty: what was missing was noted when the files were read."""
        return ""

    def text(self, name: str) -> str:
        """The content of the file."""
        return self.texts[name]

    def path(self, name: str) -> str | None:
        """None: the paths are stored in the config."""
        return None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _is_match(parts: list[str], patterns: list[str]) -> bool:
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))
