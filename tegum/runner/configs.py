"""Configs to and from TOML, and the one that a run is asked for."""

import json
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from tegum.errors import BadInputError, bad_input
from tegum.studies.core import Study, StudyConfig


def as_toml(config: StudyConfig) -> str:
    """The whole config, defaults written out."""
    return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))


def read_toml(path: Path) -> dict[str, Any]:
    """The fields of a config file; raises `BadInputError` where it is no readable TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        said = f"config: cannot read {path} ({error}), expected a TOML file"
        raise BadInputError(said) from error
    except tomllib.TOMLDecodeError as error:
        said = f"config: {path} is not TOML ({error}), expected lines such as `seed = 1`"
        raise BadInputError(said) from error


def chosen_config(
    study: Study, preset: str, config: StudyConfig | Path | str | None, fields: dict[str, Any]
) -> StudyConfig:
    if isinstance(config, StudyConfig):
        if not isinstance(config, study.config_type):
            raise bad_input("config", type(config).__name__, study.config_type.__name__)
        return study.config_type(**{**config.model_dump(), **fields})
    from_file = {} if config is None else read_toml(Path(config))
    return study.config(preset, **{**from_file, **fields})


def as_json(config: StudyConfig) -> str:
    return json.dumps(config.model_dump(mode="json"))
