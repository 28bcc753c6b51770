"""What counts as a secret, and how the secrets of the environment are kept out of texts."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache

# Whole words: `tokenizer` and `max_tokens` are no secrets.
SECRET = re.compile(r"(?:^|[_.-])(?:secret|token|password|api_key)(?:$|[_.-])", re.IGNORECASE)
SECRET_LENGTH = 6  # characters; anything shorter, such as a 1 that switches something on, would match in harmless text
HIDDEN = "***"


@lru_cache(maxsize=1024)  # every value that is checked asks for all names of the environment
def names_a_secret(name: str) -> bool:
    """Whether a key or a variable of that name holds a secret."""
    return SECRET.search(name) is not None


def secret_in(text: str) -> str | None:
    """The name of an environment variable whose secret stands in a text; None if there is none."""
    return next((name for name, secret in _secrets() if secret in text), None)


def redacted(text: str) -> str:
    """A text without the environment's secrets, also where they are escaped as in JSON or YAML."""
    secrets = {form for _, secret in _secrets() for form in (secret, json.dumps(secret)[1:-1])}
    for secret in sorted(secrets, key=len, reverse=True):  # one may be the beginning of another
        text = text.replace(secret, HIDDEN)
    return text


def _secrets() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if names_a_secret(name) and len(value.strip()) >= SECRET_LENGTH:
            yield name, value.strip()
