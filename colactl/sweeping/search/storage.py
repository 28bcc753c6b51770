"""Where Optuna keeps a study: a journal in the sweep's folder, or a database that several machines share."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from colactl.errors import ConfigError, first_line
from colactl.redaction import names_a_secret

JOURNAL = "study.log"  # in the sweep's folder
PASSWORD = "COLACTL_STORAGE_PASSWORD"  # the variable that has it; by its name it is kept out of every file
TRIES = 5  # two processes that make the same tables at the same time: one of them fails, once
SQLITE_TIMEOUT = 60  # seconds for SQLite's file to be free
# The packages of the modules that SQLAlchemy imports for a database; postgresql+psycopg:// asks for another than usual.
DRIVERS = {"psycopg2": "psycopg2-binary", "psycopg": "psycopg[binary]", "MySQLdb": "mysqlclient", "pymysql": "PyMySQL"}


def open_storage(location: str | None, folder: Path) -> BaseStorage:
    """Opens a storage, made where it is not there.

    Args:
        location: As `normalised` returned it; None is a journal in the folder.
        folder: The sweep's.

    Raises:
        ConfigError: It cannot be opened.
    """
    if location is None or "://" not in location:
        path = folder / JOURNAL if location is None else Path(location)
        return JournalStorage(JournalFileBackend(str(path), JournalLock(path)))
    url = _url(location)
    if url.password is None and os.environ.get(PASSWORD):
        url = url.set(password=os.environ[PASSWORD])
    connect = {"timeout": SQLITE_TIMEOUT} if url.get_backend_name() == "sqlite" else {}
    arguments: dict[str, Any] = {"poolclass": NullPool, "connect_args": connect}
    last: Exception = SQLAlchemyError()
    for _ in range(TRIES):
        try:
            return RDBStorage(url.render_as_string(hide_password=False), arguments)
        except (SQLAlchemyError, StorageInternalError) as error:
            last = error
            time.sleep(random.uniform(0.1, 0.5))
        except ImportError as error:
            module = getattr(error.__cause__ or error, "name", None) or url.get_driver_name()
            message = f"{url.drivername}:// needs the Python package of its database, and {module} is not installed."
            raise ConfigError(message, f"pip install '{DRIVERS.get(module, module)}'") from error
        except Exception as error:  # a driver's own
            last = error
            break
    hint = "" if connect else f"If it asks for a password, that may stand in the variable {PASSWORD}."
    raise ConfigError(f"The study's storage cannot be opened: {first_line(last)}", hint)


def normalised(location: str) -> str:
    """A storage's location that means the same from everywhere, with its password moved into the environment.

    Args:
        location: As typed.

    Raises:
        ConfigError: It is no storage that lasts, or has a password where it would be written into files.
    """
    if "://" not in location:
        return str(Path(location).expanduser().absolute())
    url = _url(location)
    if any(names_a_secret(key) for key in url.query):
        raise ConfigError("The storage's password belongs before its host.", f"Or into the variable {PASSWORD}.")
    if url.password is not None:
        os.environ[PASSWORD] = str(url.password)  # the processes that a launcher starts inherit it
        url = url._replace(password=None)  # `set` leaves what is None as it was
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ConfigError(f"{location} keeps nothing.", "Name a file: sqlite:///study.db")
        url = url.set(database=str(Path(url.database).expanduser().absolute()))
    return url.render_as_string(hide_password=False)


def _url(location: str) -> URL:
    try:
        return make_url(location)
    except (SQLAlchemyError, ValueError) as error:
        hint = "Such as sqlite:///study.db or postgresql://user@host/database."
        raise ConfigError("--storage is no storage URL that Optuna knows.", hint) from error


class JournalLock(JournalFileOpenLock):
    """Optuna's lock on a journal, which also removes half a line at the journal's end.

    A full disk, or a process that is killed as it writes, may leave one, and Optuna would read no further than it.

    Args:
        journal: The file.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal = journal

    def acquire(self) -> bool:
        """Waits for the lock; one that a killed process has left is taken over after half a minute."""
        acquired = super().acquire()
        with suppress(FileNotFoundError), self._journal.open("r+b") as file:
            if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) >= 0 and file.read() != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        return acquired
