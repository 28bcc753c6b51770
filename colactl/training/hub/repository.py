"""A repository of the Hugging Face Hub, and the part of it that is in the local cache."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

from huggingface_hub import (
    HfApi,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    is_offline_mode,
    snapshot_download,
)
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
from colactl.training.log import silent_hub

T = TypeVar("T")
# From a repository's file names, and a function that downloads one of them, those to download.
Choice = Callable[[list[str], Callable[[str], Path]], Sequence[str]]

PATIENCE = 6.0  # seconds within which the Hub must have answered; with the start of the command, well under ten
REQUEST_TIMEOUT = 5.0  # seconds for one answer
PAUSE = 0.5  # seconds between two requests
BUSY = (408, 429, 500, 502, 503, 504)  # HTTP statuses that may pass
HTTP_CLIENTS = ("httpx", "httpx2")  # whichever this huggingface_hub uses; their errors are no OSErrors


class NoAnswerError(Exception):
    """The Hub did not answer in time; the cause is the last failure, where there was one."""


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
        """Downloads files into the cache; those that are there already are not asked for again.

        Whether the Hub answers is known within `PATIENCE` seconds, for each file. While bytes come, the client's own
        timeout and retries hold: a download that stalls ends within a minute.

        Returns:
            The snapshot's folder.

        Raises:
            DataError: It is a data set, and not available.
            ModelError: It is a model, and not available.
        """
        if offline := self._offline():
            self._fail(f"{self._label} is not, or not whole, in the cache {self._cache}, and {offline} is set")
        absent = f"{self._label} is not in the cache {self._cache}, and {constants.ENDPOINT}"
        try:
            with silent_hub():
                names, folder = answer_in_time(self._look_up)

                def get(name: str) -> Path:
                    # hf_hub_download waits for six minutes where the Hub does not say what the file is.
                    url = hf_hub_url(self.name, name, repo_type=self.kind, revision=folder.name)
                    answer_in_time(lambda: get_hf_file_metadata(url, timeout=REQUEST_TIMEOUT))
                    return Path(hf_hub_download(self.name, name, repo_type=self.kind, revision=folder.name))

                for name in choose(names, get):
                    get(name)
                return folder
        except RevisionNotFoundError:
            self._fail(f"{absent} has no revision {self.revision!r} of it", "Check the revision")
        except GatedRepoError:
            self._fail(f"{absent} gives it only to who has accepted its terms", "Accept them and run `hf auth login`")
        except RepositoryNotFoundError:
            advice = "Check the name, or log in with `hf auth login`"
            self._fail(f"{absent} has none of that name, or it is private", advice)
        except Exception as error:
            if is_unanswered(error):
                cause = error.__cause__ or (None if isinstance(error, NoAnswerError) else error)
                self._fail(f"{absent} does not answer" + (f": {first_line(cause)}" if cause else ""))
            if not is_network(error):
                raise
            self._fail(f"the download of {self._label} to the cache {self._cache} broke off: {first_line(error)}")

    def command(self) -> str:
        """What to type where there is a network, to have the repository in the cache."""
        words = ["hf", "download", *(["--repo-type", "dataset"] if self.kind == "dataset" else []), self.name]
        return joined(words + (["--revision", self.revision] if self.revision != "main" else []))

    def _look_up(self) -> tuple[list[str], Path]:
        """The names of its files, and the snapshot's folder."""
        where: dict[str, Any] = {"repo_type": self.kind, "revision": self.revision}
        info: Any = HfApi().repo_info(self.name, **where, timeout=REQUEST_TIMEOUT)
        # No file: this notes in the cache which ones there are, by which it knows later what a snapshot lacks.
        folder = snapshot_download(self.name, **where, allow_patterns=[])
        return [file.rfilename for file in info.siblings or []], Path(folder)

    def _offline(self) -> str | None:
        """The variable that forbids the network, if one does."""
        if is_offline_mode():
            return "HF_HUB_OFFLINE" if os.environ.get("HF_HUB_OFFLINE") else "TRANSFORMERS_OFFLINE"
        declared = os.environ.get("HF_DATASETS_OFFLINE", "").upper() in constants.ENV_VARS_TRUE_VALUES
        return "HF_DATASETS_OFFLINE" if declared and self.kind == "dataset" else None

    def _fail(self, message: str, advice: str = "") -> NoReturn:
        fetch = f"{advice}; then fetch it with:" if advice else "Fetch it ahead with:"
        raise self._error(message, f"{fetch} {self.command()}")

    def _error(self, message: str, hint: str = "") -> ColactlError:
        return (DataError if self.kind == "dataset" else ModelError)(message, hint)

    @property
    def _label(self) -> str:
        return f"the {'data set' if self.kind == 'dataset' else 'model'} {self.name!r}"

    @property
    def _cache(self) -> str:
        return str(constants.HF_HUB_CACHE)


def answer_in_time(question: Callable[[], T]) -> T:
    """Asks the Hub until it answers.

    In a thread, which is left behind in the end: looking up an address has no timeout.

    Raises:
        NoAnswerError: There was no answer within `PATIENCE` seconds.
        Exception: Any failure of the question that another try would not change.
    """
    answer: Future[T] = Future()
    failure: Exception | None = None
    over = threading.Event()

    def ask() -> None:
        nonlocal failure
        while not (over.is_set() or answer.done()):
            try:
                answer.set_result(question())
            except Exception as error:
                failure = error
                if not may_pass(error):
                    answer.set_exception(error)
                over.wait(PAUSE)

    threading.Thread(target=ask, name="hub", daemon=True).start()
    try:
        return answer.result(PATIENCE)
    except TimeoutError:
        raise NoAnswerError from failure
    finally:
        over.set()


def may_pass(error: BaseException) -> bool:
    """Whether another request may succeed: there was no connection, or the server is busy."""
    if isinstance(error, LocalEntryNotFoundError) and error.__cause__ is not None:
        return may_pass(error.__cause__)  # the library asked, got no answer, and looked in the cache in vain
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in BUSY
    return _is_http_clients(error) or isinstance(error, ConnectionError | TimeoutError)


def is_unanswered(error: BaseException) -> bool:
    """Whether a request had no answer, or one that said no more than that the server is busy."""
    names = {base.__name__ for base in type(error).__mro__}  # of httpx or httpx2
    dropped = _is_http_clients(error) and names.isdisjoint({"TimeoutException", "ConnectError"})
    return isinstance(error, NoAnswerError) or (may_pass(error) and not dropped)


def is_network(error: BaseException) -> bool:
    """Whether an error is the network's or the disk's, not ours.

    hf_xet, which fetches large files, raises plain RuntimeErrors.
    """
    return isinstance(error, OSError | RuntimeError) or _is_http_clients(error)


def _is_http_clients(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in HTTP_CLIENTS
