"""Configs and what they say of a request, as a case file holds them: the texts alone.

All else is read from them again, so that a file cannot claim what its config does not say.
"""

import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from wizard.investigation.casefile.decode import Decoder, Maker, Misread
from wizard.investigation.casefile.encode import Json, Writer, encode
from wizard.model.config import Config
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import config_from_store
from wizard.nginx.resolve import resolve_request
from wizard.text.errors import ConfigError


@dataclass(frozen=True, slots=True)
class StoredResolution:
    """Which request was resolved in which of the configs, with the defaults of which version.

    Attributes:
        whole: A site that no text gave: it is kept as it is.
    """

    config: int = 0
    request: Request | None = None
    version: str | None = None
    whole: RequestResolution | None = None


@dataclass(frozen=True)
class Texts:
    """A config's files, by the names that they were read under."""

    directory: str
    texts: Mapping[str, str]

    def find(self, pattern: str) -> list[str]:
        """As on the disk or in the dump where they were; what was missing there is here too."""
        plain = os.path.join(self.directory, pattern)
        if not glob.has_magic(pattern):
            return [name for name in self.texts if _parts(name) == _parts(plain)][:1]
        wanted = _parts(os.path.join(glob.escape(self.directory), pattern))
        return sorted(name for name in self.texts if _is_like(_parts(name), wanted))

    def trouble(self, pattern: str) -> str:
        """Nothing: what was missing was noted when the files were read."""
        return ""

    def text(self, name: str) -> str:
        """What stands in the file."""
        return self.texts[name]

    def path(self, name: str) -> str | None:
        """Nothing here: the paths are stored."""
        return None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _is_like(parts: list[str], wanted: list[str]) -> bool:
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


class ConfigStore:
    """The configs of one case file: each is stored once, and read once.

    Attributes:
        skip: Whether nothing is read: the sites are left out.
    """

    def __init__(self, *, skip: bool = False) -> None:
        self.skip = skip
        self._stored: list[Config] = []
        self._read: tuple[Config, ...] = ()

    @property
    def writers(self) -> Mapping[type, Writer]:
        """How sites are written."""
        return {RequestResolution: self._put}

    @property
    def makers(self) -> Mapping[type, Maker]:
        """How sites are read."""
        return {RequestResolution: self._take}

    def _put(self, resolution: RequestResolution) -> Json:
        if not resolution.config.texts:
            return encode(StoredResolution(whole=resolution), StoredResolution, {})
        if resolution.config not in self._stored:
            self._stored.append(resolution.config)
        place = self._stored.index(resolution.config)
        return encode(
            StoredResolution(place, resolution.request, resolution.version), StoredResolution, {}
        )

    def encoded(self) -> list[Json]:
        """The configs that the sites name, to be stored beside them."""
        made = [encode(one, Config, {}) for one in (replace(one, root=()) for one in self._stored)]
        return [{name: known for name, known in one.items() if name != "root"} for one in made]

    def load(self, values: Json, reader: Decoder) -> None:
        """Read the configs before the sites that name them. Raises `UsageError`."""
        if self.skip:
            return
        if not isinstance(values, list):
            raise Misread("configs", "no list")
        # What a config says is read from its texts, whatever the file says of it.
        made = [one | {"root": []} if isinstance(one, dict) else one for one in values]
        stored: tuple[Config, ...] = reader.read(made, tuple[Config, ...], "configs")
        self._read = tuple(_again(one, f"configs[{at}]") for at, one in enumerate(stored))

    def _take(self, value: Json, reader: Decoder, where: str) -> RequestResolution | None:
        if self.skip:
            return None
        plain = Decoder({}, {})
        stored: StoredResolution = plain.read(value, StoredResolution, where)
        reader.unknown += plain.unknown
        if stored.whole is not None:
            return stored.whole
        if stored.request is None or not 0 <= stored.config < len(self._read):
            raise Misread(where, "it names no request, or no config of this file")
        return resolve_request(self._read[stored.config], stored.request, stored.version)


def _again(stored: Config, where: str) -> Config:
    """The config with its directives, read from its texts."""
    main = stored.main
    if main not in stored.texts:
        raise Misread(where, "its main file is not among its texts")
    try:
        library = Texts(os.path.dirname(main), stored.texts)
        made = config_from_store(library, main, stored.texts[main])
    except ConfigError as error:
        raise Misread(where, str(error)) from None
    return replace(stored, root=made.root)
