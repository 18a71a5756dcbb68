"""Configs and resolutions in a case file: stored as the config's texts alone.

Directives and resolutions are computed from the texts again on reading, so a file cannot claim
what its config does not contain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wizard.investigation.casefile.decode import Decoder, Misread, ValueDecoder
from wizard.investigation.casefile.encode import Encoder, Json, encode
from wizard.model.config import Config
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import config_from_store
from wizard.nginx.resolve import resolve_request
from wizard.nginx.store import DumpStore
from wizard.text.errors import ConfigError


@dataclass(frozen=True, slots=True)
class StoredResolution:
    """A resolution as the file holds it: what is needed to compute it again.

    Attributes:
        config: Index in the list of configs.
        version: The Nginx version whose defaults hold.
        whole: The resolution itself, if its config has no text.
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
        """The encoder of resolutions; it collects their configs for `encoded`."""
        return {RequestResolution: self._encode}

    @property
    def decoders(self) -> Mapping[type, ValueDecoder]:
        """The decoder of resolutions; `load` must have read the configs before."""
        return {RequestResolution: self._decode}

    def _encode(self, resolution: RequestResolution) -> Json:
        config = resolution.config
        if config.texts and config not in self._stored:
            self._stored.append(config)
        stored = StoredResolution(whole=resolution)
        if config.texts:
            index = self._stored.index(config)
            stored = StoredResolution(index, resolution.request, resolution.version)
        return encode(stored, StoredResolution, {})

    def encoded(self) -> list[Json]:
        """The configs of all encoded resolutions, without their directives."""
        configs = [encode(replace(config, root=()), Config, {}) for config in self._stored]
        for config in configs:
            del config["root"]
        return configs

    def load(self, values: Json, decoder: Decoder) -> None:
        """Read the configs, before the resolutions that refer to them. Raises `Misread`."""
        if self.skip:
            return
        if not isinstance(values, list):
            raise Misread("configs", "not a list")
        # Directives that the file contains are ignored: they are parsed from the texts.
        values = [value | {"root": []} if isinstance(value, dict) else value for value in values]
        stored = enumerate(decoder.read(values, tuple[Config, ...], "configs"))
        self._loaded = tuple(_parsed(config, f"configs[{index}]") for index, config in stored)

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
    main, texts = stored.main, stored.texts
    if main not in texts:
        raise Misread(where, "its main file is not among its texts")
    try:
        # A dump begins with the main file, whose directory relative includes start from.
        store = DumpStore({main: texts[main], **texts})
        return replace(stored, root=config_from_store(store, main, texts[main]).root)
    except ConfigError as error:
        raise Misread(where, str(error)) from None
