"""What a config comes to with its interpolations filled in, found out before they are: few may stand for millions."""

from __future__ import annotations

import re
from typing import Any

from omegaconf import Container, DictConfig, ListConfig, Node
from omegaconf._utils import split_key
from omegaconf.grammar_parser import parse
from omegaconf.grammar_visitor import GrammarVisitor

from colactl.errors import ColactlError, ConfigError

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
        value: Any = node._value()
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
            return sum(EVALUATION + self.size(self._target(key, node)) for key in keys)
        found = 0

        def followed(inter_key: str, memo: set[int] | None) -> Any:
            nonlocal found
            found = self._checked(found + EVALUATION + self.size(self._target(inter_key, node)), node)
            return _parent(node)._resolve_node_interpolation(inter_key, memo)

        def resolved(name: str, args: tuple[Any, ...], args_str: tuple[str, ...]) -> Any:
            nonlocal found
            found = self._checked(found + EVALUATION + self._of_resolver(name, args, node), node)
            if name not in HARMLESS:
                return ""  # one that a program has registered is asked when its value is, and not before
            return _parent(node)._evaluate_custom_resolver(node._key(), node, name, args, args_str)

        try:
            GrammarVisitor(followed, resolved, None).visit(parse(text))
        except (ColactlError, RecursionError):
            raise
        except Exception:  # whatever a resolver raises is told when its value is asked for
            pass
        return found

    def _of_resolver(self, name: str, arguments: tuple[Any, ...], node: Node) -> int:
        told = [argument for argument in arguments if isinstance(argument, str)]
        if name in BY_KEY and told:
            return self.size(self._target(told[0], node))
        if name == "hydra" and told:
            return self.size(self._target(f"hydra.{told[0]}", node))
        nested = [str(argument) for argument in arguments if name in BY_TEXT and "${" in str(argument)]
        return sum(1 + len(text) // CHARACTERS for text in told) + sum(self._of_text(text, node) for text in nested)

    def _target(self, key: str, node: Node) -> Node | None:
        """The node that a key leads to; what stands on the way is measured before it is followed."""
        found: Any
        found, key = _parent(node)._resolve_key_and_root(key)
        for part in split_key(key) if key else []:
            if found._is_interpolation():
                self.size(found)
                found = found._maybe_dereference_node()
            content = found._value() if isinstance(found, Container) else None
            if isinstance(content, dict):
                found = content.get(part)
            elif isinstance(content, list) and part.isdigit() and int(part) < len(content):
                found = content[int(part)]
            else:
                return None
            if found is None:
                return None
        assert isinstance(found, Node)
        return found

    def _checked(self, size: int, node: Node) -> int:
        if size > MOST:
            place = node._get_full_key(None) or "The config"
            message = f"{place} would have more than {MOST:,} values with its interpolations filled in."
            raise ConfigError(message, "Look for interpolations that lead to others, several times each.")
        return size


def _parent(node: Node) -> DictConfig | ListConfig:
    """The mapping or list that an interpolation is read from."""
    parent = node._get_parent_container()
    assert isinstance(parent, DictConfig | ListConfig)  # a root is no interpolation
    return parent
