"""Configs and resolutions in a case file: stored as the config's texts alone.

Directives and resolutions are computed from the texts again on reading, so a file cannot claim
what its config does not contain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from wizard.investigation.casefile.decode import Misread
from wizard.model.case import Case
from wizard.model.config import Config
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import config_from_store
from wizard.nginx.resolve import resolve_request
from wizard.nginx.store import DumpStore
from wizard.text.errors import ConfigError
from wizard.text.messages import tr

Name = Literal["resolution", "root_resolution", "message_resolution"]
"""The fields of a case that are resolutions."""
_NAMES: tuple[Name, ...] = ("resolution", "root_resolution", "message_resolution")


@dataclass(frozen=True, slots=True)
class StoredResolution:
    """A resolution as the file holds it: what is needed to compute it again.

    Attributes:
        config: Index in the list of configs.
        version: The Nginx version whose defaults hold.
    """

    config: int
    request: Request
    version: str | None = None


@dataclass(frozen=True, slots=True)
class CaseConfigs:
    """The part of a case file from which resolutions are computed.

    Attributes:
        configs: Each config once, without its directives.
        resolutions: Those of the case, by the name of their field.
    """

    configs: tuple[Config, ...] = ()
    resolutions: Mapping[Name, StoredResolution] = field(default_factory=dict)


def take_out_configs(case: Case) -> tuple[Case, CaseConfigs]:
    """The case without the resolutions whose config has a text, and what they are stored as."""
    configs: list[Config] = []
    stored: dict[Name, StoredResolution] = {}
    for name in _NAMES:
        resolution: RequestResolution | None = getattr(case, name)
        if resolution is None or not resolution.config.texts:
            continue
        config = replace(resolution.config, root=())
        if config not in configs:
            configs.append(config)
        index = configs.index(config)
        stored[name] = StoredResolution(index, resolution.request, resolution.version)
    absent: dict[str, Any] = dict.fromkeys(stored)
    return replace(case, **absent), CaseConfigs(tuple(configs), stored)


def with_configs(case: Case, stored: CaseConfigs) -> Case:
    """The case with its resolutions computed again. Raises `Misread`."""

    @cache
    def config_at(index: int) -> Config:
        return _parsed(stored.configs[index], f"configs[{index}]")

    resolutions: dict[str, Any] = {}
    for name, item in stored.resolutions.items():
        if not 0 <= item.config < len(stored.configs):
            raise Misread(f"resolutions.{name}.config", tr("no config of this file"))
        resolutions[name] = resolve_request(config_at(item.config), item.request, item.version)
    return replace(case, **resolutions)


def _parsed(stored: Config, where: str) -> Config:
    """The config with its directives, parsed from its texts."""
    main, texts = stored.main, stored.texts
    if main not in texts:
        raise Misread(where, tr("its main file is not among its texts"))
    try:
        # A dump begins with the main file, whose directory relative includes start from.
        store = DumpStore({main: texts[main], **texts})
        return replace(stored, root=config_from_store(store, main, texts[main]).root)
    except ConfigError as error:
        raise Misread(where, str(error)) from None
