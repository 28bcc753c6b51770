"""What a `_target_` may name: a subclass of its group's base class, and nothing else is called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from pytorch_lightning import Callback
from pytorch_lightning.loggers import CSVLogger

from colactl import compose, tasks
from colactl.errors import ConfigError
from colactl.host.signals import SignalHandler
from colactl.training.loop.callbacks import build_callbacks
from colactl.training.network.targets import check, locate, make_entry

MODULE = """
import sys
from functools import partial
from pathlib import Path
from pytorch_lightning import Callback
from pytorch_lightning.loggers import Logger
from torch.optim import SGD

def called(*_, **__):
    Path("called").touch()

class Method:
    made = staticmethod(called)

class Sly:
    __class__ = type
    __mro__ = (Callback, object)
    __call__ = called

class Meta(type):
    __mro__ = property(lambda cls: (Callback, object))
    __call__ = called
    __instancecheck__ = __subclasscheck__ = lambda *_: True

class Posing(metaclass=Meta):
    pass

class Registered:
    __init__ = called

Logger.register(Registered)

class Mine(Callback):
    def __init__(self, **options):
        self.options = options

class Other(Callback):
    def __new__(cls):
        return 3

instance, sly, part, module = Mine(), Sly(), partial(Mine), sys
"""


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own.py").write_text(MODULE)
    monkeypatch.syspath_prepend(Path.cwd())
    monkeypatch.delitem(sys.modules, "own", raising=False)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        *(
            ("callbacks.x", f"own.{name}")
            for name in ("called", "instance", "sly", "part", "module", "Posing", "Method")
        ),
        ("callbacks.x", "subprocess.run"),
        ("callbacks.x", "torch.optim.SGD"),
        ("callbacks.x", "pytorch_lightning.loggers.CSVLogger"),
        ("callbacks.x", "own.sys"),
        ("logger.x", "own.Registered"),
        ("logger.x", "own.Mine"),
        ("optimizer", "own.called"),
        ("optimizer", "torch.optim.lr_scheduler.LambdaLR"),
        ("optimizer", "functools.partial"),
    ],
)
def test_anything_but_a_subclass_is_refused_and_not_called(key: str, path: str) -> None:
    base = {"callbacks": "Callback", "logger": "Logger", "optimizer": "Optimizer"}[key.partition(".")[0]]
    with pytest.raises(ConfigError, match=f"^{key}._target_: {path} is no .* (callback|logger|optimizer)\n") as caught:
        locate(path, f"{key}._target_")
    assert f".{base}, such as " in caught.value.hint
    assert not Path("called").exists()


@pytest.mark.parametrize(
    ("key", "path", "told"),
    [
        ("logger.x", "pytorch_lightning.loggers.Logger", "is abstract"),
        ("optimizer", "torch.optim.Optimizer", "is abstract"),
        ("callbacks.x", "own.NoSuch", "there is no 'own.NoSuch'"),
        ("callbacks.x", "no_such.Callback", "there is no 'no_such.Callback'"),
        ("callbacks.x", "own.Mine.inner", "there is no 'own.Mine.inner'"),
        ("callbacks.x", "Mine", "'Mine' is no dotted path"),
        ("callbacks.x", ".own.Mine", "'.own.Mine' is no dotted path"),
        ("callbacks.x", "own.", "'own.' is no dotted path"),
        ("callbacks.x", 3, "3 is no dotted path"),
        ("callbacks.x", None, "None is no dotted path"),
        ("callbacks.x", ["own.Mine"], "is no dotted path"),
    ],
)
def test_what_is_wrong_with_a_path_is_told(key: str, path: object, told: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}._target_: .*") as caught:
        locate(path, f"{key}._target_")
    assert told in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import not_installed", "ModuleNotFoundError: No module named 'not_installed'"),
        ("def __getattr__(name): raise OSError('no such file')", "OSError: no such file"),
        ("x = (", "SyntaxError: "),
    ],
)
def test_a_module_that_fails_is_told_in_a_sentence(text: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("failing.py").write_text(text)
    monkeypatch.delitem(sys.modules, "failing", raising=False)
    with pytest.raises(ConfigError, match=r"callbacks.x._target_: failing.Mine cannot be imported: ") as caught:
        locate("failing.Mine", "callbacks.x._target_")
    assert told in caught.value.message


def test_what_is_below_an_entry_is_handed_over_as_it_is() -> None:
    below = {"inner": {"_target_": "own.called"}, "several": [{"_target_": "own.called", "_partial_": True}]}
    made = make_entry({"_target_": "own.Mine", **below}, "callbacks.x")
    assert made.options == below
    assert not Path("called").exists()


def test_a_class_may_not_make_something_else() -> None:
    with pytest.raises(ConfigError, match=r"what own.Other makes is no Lightning callback"):
        make_entry({"_target_": "own.Other"}, "callbacks.x")


def test_an_entry_without_a_target_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^logger.x is no logger: it has no _target_\n"):
        make_entry({"name": "x"}, "logger.x")


def test_each_honoured_place_is_checked() -> None:
    config = OmegaConf.create(
        {
            "callbacks": {
                "mine": {"_target_": "own.Mine"},
                "checkpoint": {"monitor": "x"},
                "plots": True,
                "none": None,
            },
            "logger": {"own": {"_target_": "pytorch_lightning.loggers.CSVLogger", "save_dir": "."}},
            "optimizer": {"_target_": "torch.optim.SGD"},
        }
    )
    check(config)
    for key in ("callbacks.mine", "callbacks.checkpoint", "logger.own", "optimizer"):
        wrong = config.copy()
        OmegaConf.update(wrong, f"{key}._target_", "own.called", force_add=True)
        with pytest.raises(ConfigError, match=f"^{key}._target_: own.called"):
            check(wrong)
    assert not Path("called").exists()


def test_classes_of_each_kind_are_found() -> None:
    assert locate("pytorch_lightning.loggers.CSVLogger", "logger.x._target_") is CSVLogger
    assert locate("pytorch_lightning.Callback", "callbacks.x._target_") is Callback


def test_shipped_configs_are_checked_without_an_import() -> None:
    code = (
        "import sys; from colactl import compose; from colactl.tasks import check_classes\n"
        "check_classes(compose()); check_classes(compose(['optimizer._target_=torch.optim.SGD']))\n"
        "print([name for name in ('torch', 'pytorch_lightning', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_run_that_somebody_prepared_is_left_as_it_was() -> None:
    config = compose(["training=debug", "+callbacks.x._target_=own.called"])
    Path("shared").mkdir()
    Path("shared/status.json").write_text('{"status": "interrupted"}')
    Path("shared/config.yaml").write_text(OmegaConf.to_yaml(config, resolve=True))
    before = {path: (path.stat().st_mtime_ns, path.read_text()) for path in Path("shared").iterdir()}
    with pytest.raises(ConfigError, match=r"callbacks.x._target_: own.called is no Lightning callback"):
        tasks.resume(Path("shared"))
    assert {path: (path.stat().st_mtime_ns, path.read_text()) for path in Path("shared").iterdir()} == before
    assert not Path("called").exists()


def test_a_worker_checks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[object] = []
    monkeypatch.setattr("colactl.tasks.training.train_along", lambda *arguments: trained.append(arguments))
    for name, value in {"TORCHELASTIC_RUN_ID": "x", "RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=r"own.called is no Lightning callback"):
        tasks.train(compose(["training.devices=2", "+callbacks.x._target_=own.called"]))
    assert trained == []
    tasks.train(compose(["training.devices=2"]))
    assert len(trained) == 1


def test_a_worker_calls_nothing_else_either(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"own.called is no Lightning callback"):
        build_callbacks(OmegaConf.create({"x": {"_target_": "own.called"}}), tmp_path, SignalHandler())
    assert not Path("called").exists()


def test_the_api_makes_no_folder() -> None:
    from colactl import train

    with pytest.raises(ConfigError, match=r"own.called is no torch optimizer"):
        train(compose(["training=debug", "optimizer._target_=own.called"]), "mine")
    assert not any(Path(name).exists() for name in ("mine", "outputs", "called"))
