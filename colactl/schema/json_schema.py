"""The declarations as JSON Schema, by which an editor checks a user's YAML and offers its keys."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colactl.schema.config_files import key_comments, shipped_configs
from colactl.schema.declaration import MISSING, Key, keys
from colactl.schema.groups import GROUPS, TOP

JSON_TYPES = {
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "str": "string",
    "list": "array",
    "dict": "object",
}
# What may stand in the place of any value: an interpolation, or ??? for one that must be set.
INSTEAD = {"type": "string", "pattern": r"\$\{|^\?\?\?$"}
NULL = {"type": "null"}
DEFAULTS = {"type": "array", "description": "the options that this one is put on top of"}
OF_A_CLASS = {"anyOf": [{"type": "object", "required": ["_target_"]}, NULL]}
# The groups that take further keys: the arguments of a class, or callbacks and loggers of the user's own.
FURTHER: dict[str, Any] = {"training": True, "optimizer": True, "callbacks": OF_A_CLASS, "logger": OF_A_CLASS}


def json_schema() -> dict[str, Any]:
    """The schema of a primary config, and of an option in the global package; `definitions` has those of the groups."""
    comments = _comments()
    top = {name: _key(name, key, comments) for name, key in TOP.items() if not key.nested}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A config of colactl",
        "type": "object",
        "properties": {"defaults": DEFAULTS, **top, **{group: {"$ref": f"#/definitions/{group}"} for group in GROUPS}},
        "definitions": {
            "instead": INSTEAD,
            **{group: _mapping(group, kinds, comments) for group, kinds in GROUPS.items()},
        },
    }


def _comments() -> dict[str, str]:
    """What the shipped configs say of each key; where several do, the one that a user's own is most like."""

    def is_special(item: tuple[str, Path]) -> bool:
        group, _, option = item[0].rpartition("/")
        return (option == "default") == (len(GROUPS.get(group, ())) > 1)  # the default model and data are like no other

    comments: dict[str, str] = {}
    for name, file in sorted(shipped_configs().items(), key=is_special):
        group = name.rpartition("/")[0]
        for path, comment in key_comments(file.read_text(encoding="utf-8")).items():
            comments.setdefault(f"{group}.{path}" if group else path, comment)
    return comments


def _mapping(path: str, kinds: tuple[type, ...], comments: Mapping[str, str]) -> dict[str, Any]:
    """A mapping of one of several dataclasses, of which a file may hold a part."""
    properties: dict[str, list[dict[str, Any]]] = {}
    for kind in kinds:
        for name, key in keys(kind).items():
            alternatives = properties.setdefault(name, [])
            made = _key(f"{path}.{name}", key, comments)
            alternatives += [made] if made not in alternatives else []
    return {
        "type": "object",
        "description": " ".join(inspect.getdoc(kind) or "" for kind in kinds),
        "properties": {
            **({"defaults": DEFAULTS} if path in GROUPS else {}),
            **{name: made[0] if len(made) == 1 else {"anyOf": made} for name, made in properties.items()},
        },
        "additionalProperties": FURTHER.get(path, False),
    }


def _key(path: str, key: Key, comments: Mapping[str, str]) -> dict[str, Any]:
    if key.nested:
        allowed = [_mapping(path, key.nested, comments)]
    elif key.values:
        allowed = [key.values.json]
    else:
        allowed = [{"type": JSON_TYPES[kind]} for kind in sorted(key.types - {"None"})]
    allowed += [NULL] if "None" in key.types else []
    description = "; ".join(text for text in (comments.get(path, ""), key.unit and f"in {key.unit}") if text)
    return {
        "anyOf": [*allowed, {"$ref": "#/definitions/instead"}],
        **({"description": description} if description else {}),
        **({"default": key.default} if key.default != MISSING and not key.nested else {}),
        **({"examples": [key.example]} if key.example else {}),
    }
