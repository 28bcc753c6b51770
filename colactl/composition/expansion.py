"""What a config comes to with its interpolations filled in, found out before they are: few may stand for millions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from omegaconf import Container, DictConfig, Node, OmegaConf

from colactl.composition.hydra_port import fill_in, followed, place_of, reference, unresolved
from colactl.errors import ColactlError, ConfigError
from colactl.schema.key_path import dotted

# OmegaConf fills in some 2,000 interpolations a second, and does it anew each time that a value is asked for.
MOST = 20_000  # nodes, those behind interpolations counted each time
EVALUATION = 20  # nodes that an interpolation costs as much as
CHARACTERS = 64  # of a text, which count as one node

PLAIN = re.compile(r"\$\{(\.*[\w-]+(?:\.[\w-]+)*)\}")  # ${seed}, ${training.devices}, ${.name}
SHORT = re.compile(r"\$\{(?:oc\.env|now|python_version):[\w%:,./ -]*\}")  # what leads to no other value
BY_KEY = ("oc.select", "oc.dict.keys", "oc.dict.values", "oc.deprecated")  # the resolvers that are given a key
BY_TEXT = ("oc.decode", "oc.create")  # those whose argument may hold interpolations itself
HARMLESS = ("oc.env", "oc.decode", "oc.select", "oc.dict.keys", "oc.dict.values")  # may be asked for a nested value


def refuse_explosion(config: DictConfig) -> None:
    """Refuses a config that would be too much once its interpolations are filled in.

    Raises:
        ConfigError: It would be.
    """
    try:
        Expansion().size(config)
    except RecursionError as error:
        raise ConfigError("The config's interpolations lead on too far, or back to themselves.") from error


class Expansion:
    """Measures the nodes of a config, each once."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}  # by the node's id; 0 while it is being measured

    def size(self, node: Node | None) -> int:
        """How many nodes one comes to.

        Raises:
            ConfigError: More than `MOST`.
        """
        if node is None or id(node) in self._sizes:
            return self._sizes.get(id(node), 1)
        self._sizes[id(node)] = 0
        value = unresolved(node)
        if isinstance(value, dict | list):
            found = 1
            for child in value.values() if isinstance(value, dict) else value:
                found = self._checked(found + self.size(child), node)
        else:
            found = 1 + len(value) // CHARACTERS if isinstance(value, str | bytes) else 1
            if isinstance(value, str) and "${" in value:
                found += self._of_text(value, node)
        self._sizes[id(node)] = self._checked(found, node)
        return found

    def _of_text(self, text: str, node: Node) -> int:
        keys = PLAIN.findall(text)
        if len(keys) + len(SHORT.findall(text)) == text.count("${"):
            return sum(EVALUATION + self.size(self._target(*reference(node, key))) for key in keys)
        found = 0

        def refers(root: Container, keys: list[str]) -> None:
            nonlocal found
            found = self._checked(found + EVALUATION + self.size(self._target(root, keys)), node)

        def calls(name: str, arguments: tuple[Any, ...]) -> bool:
            nonlocal found
            found = self._checked(found + EVALUATION + self._of_resolver(name, arguments, node), node)
            return name in HARMLESS  # one that a program has registered is called when its value is asked for

        try:
            fill_in(text, node, refers, calls)
        except (ColactlError, RecursionError):
            raise
        except Exception:  # whatever a resolver raises is told when its value is asked for
            pass
        return found

    def _of_resolver(self, name: str, arguments: tuple[Any, ...], node: Node) -> int:
        told = [argument for argument in arguments if isinstance(argument, str)]
        if name in BY_KEY and told:
            return self.size(self._target(*reference(node, told[0])))
        if name == "hydra" and told:
            return self.size(self._target(*reference(node, f"hydra.{told[0]}")))
        nested = [str(argument) for argument in arguments if name in BY_TEXT and "${" in str(argument)]
        return sum(1 + len(text) // CHARACTERS for text in told) + sum(self._of_text(text, node) for text in nested)

    def _target(self, root: Container, keys: Sequence[str]) -> Node | None:
        """The node that keys lead to; what stands on the way is measured before it is followed."""
        found: Node | None = root
        for key in keys:
            if found is not None and OmegaConf.is_interpolation(found):
                self.size(found)
                found = followed(found)
            content = unresolved(found) if isinstance(found, Container) else None
            if isinstance(content, dict):
                found = content.get(key)
            elif isinstance(content, list) and key.isdigit() and int(key) < len(content):
                found = content[int(key)]
            else:
                return None
        return found

    def _checked(self, size: int, node: Node) -> int:
        if size > MOST:
            place = dotted(place_of(node)) or "The config"
            message = f"{place} would have more than {MOST:,} values with its interpolations filled in."
            raise ConfigError(message, "Look for interpolations that lead to others, several times each.")
        return size
