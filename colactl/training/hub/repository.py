"""A repository of the Hugging Face Hub, and the part of it that is in the local cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url, is_offline_mode, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from colactl.errors import ColactlError, DataError, ModelError, first_line
from colactl.shell import joined
from colactl.training.hub.patience import ANSWER_TIMEOUT, NoAnswerError, patiently, pinging
from colactl.training.hub.signs import Signs, is_network

# From a repository's file names, and a function that downloads one of them, those to download.
Choice = Callable[[list[str], Callable[[str], Path]], Sequence[str]]


@dataclass(frozen=True)
class Repository:
    """A repository at a revision.

    Attributes:
        name: Its id, such as nyu-mll/glue.
        kind: What the Hub calls its type.
        revision: A branch, tag or commit.
    """

    name: str
    kind: Literal["model", "dataset"]
    revision: str

    def cached(self, allow: Sequence[str], ignore: Sequence[str] = ()) -> Path | None:
        """The snapshot in the cache, without a request; None where it is absent, or known to lack a file.

        Args:
            allow: Patterns of the files that must be there.
            ignore: Patterns of those that need not.
        """
        try:
            folder = snapshot_download(
                self.name,
                repo_type=self.kind,
                revision=self.revision,
                local_files_only=True,
                allow_patterns=list(allow),
                ignore_patterns=list(ignore),
            )
        except LocalEntryNotFoundError:
            return None
        except HFValidationError as error:
            raise self._error(f"there is no folder {self.name!r}, and that is no name on the Hub") from error
        return Path(folder)

    def download(self, choose: Choice) -> Path:
        """Brings files into the cache; those that are there already are not asked for again.

        Returns:
            The snapshot's folder.

        Raises:
            DataError: It is a data set, and not to be had.
            ModelError: It is a model, and not to be had.
        """
        if offline := self._offline():
            self._fail(f"{self._label} is not, or not whole, in the cache {self._cache}, and {offline} is set")
        folder = Path(constants.HF_HUB_CACHE) / f"{self.kind}s--{self.name.replace('/', '--')}"
        try:
            return patiently(lambda signs: self._fetch(choose, signs), folder)
        except (GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError) as error:
            self._absent(error)
        except NoAnswerError as error:
            reason = f": {first_line(error.__cause__)}" if error.__cause__ else ""
            self._fail(
                f"{self._label} is not in the cache {self._cache}, and {constants.ENDPOINT} does not answer{reason}"
            )
        except Exception as error:
            if not is_network(error):
                raise
            self._fail(f"the download of {self._label} to the cache {self._cache} broke off: {first_line(error)}")

    def command(self) -> str:
        """What to type where there is a network, to have the repository in the cache."""
        words = ["hf", "download", *(["--repo-type", "dataset"] if self.kind == "dataset" else []), self.name]
        return joined(words + (["--revision", self.revision] if self.revision != "main" else []))

    def _fetch(self, choose: Choice, signs: Signs) -> Path:
        where: dict[str, Any] = {"repo_type": self.kind, "revision": self.revision}
        info: Any = signs.ask(lambda: HfApi().repo_info(self.name, **where, timeout=ANSWER_TIMEOUT))
        names = [file.rfilename for file in info.siblings or []]
        # No file: this notes in the cache which ones there are, by which it knows later what a snapshot lacks.
        folder = Path(signs.ask(lambda: snapshot_download(self.name, **where, allow_patterns=[])))

        def get(name: str) -> Path:
            return Path(hf_hub_download(self.name, name, repo_type=self.kind, revision=folder.name))

        with pinging(signs, hf_hub_url(self.name, names[0] if names else "README.md", **where)):
            for name in choose(names, get):  # one after the other: the threads of a pool would outlive our patience
                get(name)
        return folder

    def _offline(self) -> str | None:
        """The variable that forbids the network, if one does."""
        if is_offline_mode():
            return "HF_HUB_OFFLINE" if os.environ.get("HF_HUB_OFFLINE") else "TRANSFORMERS_OFFLINE"
        declared = os.environ.get("HF_DATASETS_OFFLINE", "").upper() in constants.ENV_VARS_TRUE_VALUES
        return "HF_DATASETS_OFFLINE" if declared and self.kind == "dataset" else None

    def _absent(self, error: HfHubHTTPError) -> NoReturn:
        absent = f"{self._label} is not in the cache {self._cache}, and {constants.ENDPOINT}"
        if isinstance(error, RevisionNotFoundError):
            self._fail(f"{absent} has no revision {self.revision!r} of it", "Check the revision")
        if isinstance(error, GatedRepoError):
            self._fail(f"{absent} gives it only to who has accepted its terms", "Accept them and run `hf auth login`")
        self._fail(
            f"{absent} has none of that name, or it is private", "Check the name, or log in with `hf auth login`"
        )

    def _fail(self, message: str, first: str = "") -> NoReturn:
        hint = f"{first}; then fetch it with: {self.command()}" if first else f"Fetch it ahead with: {self.command()}"
        raise self._error(message, hint)

    def _error(self, message: str, hint: str = "") -> ColactlError:
        return (DataError if self.kind == "dataset" else ModelError)(message, hint)

    @property
    def _label(self) -> str:
        return f"the {'data set' if self.kind == 'dataset' else 'model'} {self.name!r}"

    @property
    def _cache(self) -> str:
        return str(constants.HF_HUB_CACHE)
