"""Ray, as quiet as the other engines: a local one is the sweep's own, and nothing of it stays."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ray
from omegaconf import DictConfig, open_dict

from colactl.host.cores import usable_cores

TEMP = "/tmp"  # where Ray's own folder would be too; its sockets' paths must stay below 107 characters
TOKEN = secrets.token_hex(32)  # one a process, as Ray reads it once
QUIET = {"log_to_driver": False, "logging_level": "error"}  # each job has a log of its own
# With a cluster's own size given, joining it fails; the launcher fills it in unless it is set.
JOINED = {"object_store_memory": None}


@contextmanager
def quiet_ray(launcher: DictConfig, gpus: int, joins_cluster: bool) -> Iterator[None]:
    """Fills in what the user has not said of Ray, and ends the Ray that the sweep has started.

    Without an address the sweep has a Ray of its own: it does not join one that happens to run on the machine.

    Args:
        launcher: Its config.
        gpus: GPUs that a job asks for; a job that reserves none sees none.
        joins_cluster: Whether a cluster is joined that runs already.
    """
    init = launcher.ray.init
    if gpus:
        _fill(launcher.ray.remote, {"num_gpus": gpus})
    if ray.is_initialized():  # a notebook's: the launcher takes it as it is
        yield
    elif joins_cluster:
        _fill(init, QUIET | JOINED)
        with _closed():
            yield
    else:
        with _folder() as folder, _environment(_private(folder)), _closed():
            _fill(init, QUIET | _own())
            yield


@contextmanager
def _closed() -> Iterator[None]:
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _folder() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="ray-", dir=os.environ.get("RAY_TMPDIR", TEMP))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # Ray's processes may still write their last lines


def _own() -> dict[str, Any]:
    # Ray would count the cores that others have, and start a dashboard.
    return {"address": "local", "num_cpus": usable_cores(), "include_dashboard": False}


def _private(folder: str) -> dict[str, str]:
    """An environment in which Ray reports to nobody and lets nobody in, and leaves neither logs nor a token behind.

    Args:
        folder: Where it keeps its sockets and logs.
    """
    private = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": folder}
    if not {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        private["RAY_AUTH_TOKEN"] = TOKEN
    return private


def _fill(config: DictConfig, defaults: Mapping[str, Any]) -> None:
    with open_dict(config):
        for key, value in defaults.items():
            if config.get(key) is None:
                config[key] = value


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    before = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
    os.environ.update(more)
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("RAY_")]:  # Ray sets some itself
            del os.environ[name]
        os.environ.update(before)
