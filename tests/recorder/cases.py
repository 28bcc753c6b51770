"""What is replayed: the command lines of `commands.txt`, and trainings with all that follows them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.recorder.files import DATA, MINE, MISBEHAVE, RUNS, TUTORIAL


@dataclass(frozen=True)
class Step:
    """A command line, or ("python", CODE), which calls the Python API."""

    words: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    stdin: str = ""


@dataclass(frozen=True)
class Case:
    """Steps in one folder of their own, one after the other.

    Attributes:
        name: Says what is replayed; no two cases share one.
        steps: In their order.
        files: The texts that are there at first. What is below `modules/` can be imported.
        process: Where its steps run: "light" in forks of a process without torch, "torch" in forks of one that has
            loaded it, and "own" as a shell would start them.
    """

    name: str
    steps: tuple[Step, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    process: str = "light"


# Of each section of commands.txt.
FILES: dict[str, dict[str, str]] = {
    "none": {},
    "tutorial": TUTORIAL,
    "mine": MINE,
    "runs": RUNS,
    "completion": TUTORIAL | RUNS,
    "api": TUTORIAL,
}
SHELLS: dict[str, dict[str, str]] = {
    "zsh": {},
    "fish": {"_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}  # whose protocols take a whole line
CALL = """
from colactl import compose, evaluate, predict, sweep, train
from colactl.errors import ColactlError
from omegaconf import OmegaConf
try:
    print(OmegaConf.to_yaml({call}))
except ColactlError as error:
    print(type(error).__name__)
    raise SystemExit(str(error))
"""
PIECES = (  # of a line, as bash cuts it
    *("train|model|=|b", "train|model|=", "train|--set|=|model|=|b", "train|training.max", "train|--set|'model=b"),
    *("train|a|=|http|:|//b", "sweep|model|=|bert,ro", "", "train|"),
)


def light_cases() -> Iterator[Case]:
    """What loads no torch."""
    section = ""
    for number, line in enumerate(Path(__file__).with_name("commands.txt").read_text().splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            if section == "api":
                step = Step(("python", CALL.replace("{call}", line)))
            elif section == "completion":
                shell = list(SHELLS)[number % len(SHELLS)]
                asked = {"_COLACTL_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line}
                step = Step(("colactl",), asked | SHELLS[shell])
            else:
                step = Step(tuple(shlex.split(line)))
            yield Case(line if section == "none" else f"{section}: {line}", (step,), FILES[section])
    for pieces in PIECES:
        words = "\n".join(["colactl", *pieces.split("|")])
        asked = {"_COLACTL_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count("\n"))}
        yield Case(f"bash: {pieces}", (Step(("colactl",), asked),))
    for shell in ("bash", "zsh", "fish"):
        yield Case(f"the script for {shell}", (Step(("colactl",), {"_COLACTL_COMPLETE": f"source_{shell}"}),))


def heavy(name: str, *steps: str | Step, files: Mapping[str, str] | None = None, process: str = "torch") -> Case:
    """A case whose steps are command lines without their first word, or whole steps."""
    made = (Step(("colactl", *shlex.split(step))) if isinstance(step, str) else step for step in steps)
    return Case(name, tuple(made), files or {}, process)


# Short trainings with one thread, into the folder r; sweeps into s.
ONE_THREAD = "training.threads=1 logger=csv callbacks.plots=false"
QUICK = f"training=debug {ONE_THREAD} callbacks.export=false"
TRAIN = f"train -q --json hydra.run.dir=r {QUICK}"
EXPORT = f"train -q --json hydra.run.dir=r {ONE_THREAD} training=debug"
SWEEP = f"sweep -q --json hydra.sweep.dir=s {QUICK}"
EPOCHS = "training.max_epochs=3 training.limit_train_batches=6 training.limit_val_batches=2 processing.batch_size=16"
OWN = "data=files data.train=train.csv data.validation=val.tsv"
BAD = "+callbacks.bad._target_=misbehave.Misbehave +callbacks.bad.step={} +callbacks.bad.how={}"
LONG = "the boy runs " * 15
API = Step(
    (
        "python",
        """
from colactl import compose, evaluate, predict, sweep, train
if __name__ == "__main__":
    quick = ["training=debug", "training.threads=1", "logger=csv", "callbacks.plots=false"]
    run = train(compose(quick), "r")
    print({key: value for key, value in run.result.items() if "second" not in key})
    for prediction in predict(run, ["The cat sleeps.", "Cat the sleeps."]):
        print(prediction.sentence, prediction.label, prediction.probability)
    measured = evaluate(run)
    print(measured.models[0].figures, measured.models[0].confusion)
    swept = sweep([*quick, "seed=1,2", "callbacks.export=false", "hydra.sweep.dir=s"])
    print([job["result"]["mcc"] for job in swept.jobs], swept.groups[0].mean)
""",
    )
)
HEAVY = (
    heavy(
        "a run, and all that is done with it",
        f"{EXPORT} {OWN} training.max_epochs=2 training.limit_train_batches=1.0 processing.batch_size=16",
        TRAIN,
        "predict r 'The cat sleeps.' 'Cat the sleeps.'",
        "predict r/model --format jsonl -- 'The boy runs 3.' -x",
        "predict r --input lines.txt --output judged.csv",
        "predict r --input lines.txt --output judged.parquet",
        Step(tuple(shlex.split("colactl predict -q r --format csv")), stdin="The cat sleeps.\nCat the sleeps.\n"),
        "predict r --glue --input test.tsv",
        "predict r --glue --input id.tsv -o sub.tsv",
        "predict r --input table.csv --format jsonl",
        "predict r --input table.jsonl",
        "evaluate r --json",
        "evaluate r",
        "evaluate r r --json --set data=files --set data.validation=train.csv",
        "evaluate r/model --json --set data=files --set data.test=val.tsv --split test",
        "runs r --json",
        "diff r seed=1",
        "train --resume r",
        "train --rerun r -q hydra.run.dir=again",
        "train --rerun r -q --set training.max_epochs=1 --set hydra.run.dir=other --json",
        "diff r other --json",
        files=DATA,
    ),
    heavy(
        "the embedded corpus, plots, W&B offline",
        "train training=debug training.threads=1 hydra.run.dir=r",
        "predict r 'The cat sleeps.'",
        "evaluate r --json",
    ),
    heavy("a folder named by the time", f"train -q {QUICK}", "runs outputs --json", process="own"),
    heavy("without economies", f"{TRAIN} {EPOCHS} training.economies=none"),
    heavy(
        "a BERT from scratch, W&B disabled",
        f"{TRAIN} {EPOCHS} logger=default logger.wandb.mode=disabled --config-dir c model=small",
        files={
            "c/model/small.yaml": "defaults: [default]\narchitecture: {model_type: bert, hidden_size: 32}\n",
        },
    ),
    heavy(
        "another optimizer",
        f"{TRAIN} optimizer._target_=torch.optim.SGD ~optimizer.betas ~optimizer.eps ~optimizer.fused optimizer.lr=0.1",
    ),
    heavy(
        "checkpoints between, accumulation, no clipping",
        f"{TRAIN} {EPOCHS} callbacks.checkpoint.every_n_steps=2 training.accumulate_grad_batches=2 "
        "training.gradient_clip_val=null",
    ),
    heavy(
        "loss as the monitor, warm-up, a share of the batches",
        f"{TRAIN} callbacks.checkpoint.monitor=valid/loss callbacks.early_stopping=null optimizer.warmup_ratio=0.5 "
        "training.limit_train_batches=0.05 training.limit_val_batches=0.2",
    ),
    heavy("two devices", f"{TRAIN} training.devices=2 training.strategy=ddp training.accelerator=cpu", process="own"),
    heavy(
        "killed and resumed",
        f"{TRAIN} {EPOCHS} callbacks.checkpoint.every_n_steps=2 {BAD.format(9, 'kill')}",
        "runs r --json",
        "train --resume r --json",
        "train --resume r",
        files=MISBEHAVE,
    ),
    heavy(
        "interrupted and resumed",
        f"{TRAIN} {EPOCHS} {BAD.format(8, 'interrupt')}",
        "train -q --resume r --json",
        files=MISBEHAVE,
    ),
    heavy("a training that fails", f"{TRAIN} {BAD.format(1, 'raise')}", "runs r --json", files=MISBEHAVE),
    heavy(
        "data that are wrong",
        "train -q data=files data.train=train.csv data.validation=bad.tsv hydra.run.dir=r",
        "runs r --json",
        files=DATA,
    ),
    heavy(
        "models that are not there",
        f"{TRAIN} model=bert",
        f"{TRAIN} model=bert model.name=./nope",
        "predict nobody/nothing a",
    ),
    heavy(
        "a diverged run among others",
        f"{SWEEP} {OWN} optimizer.lr=1e30,1e-3 training.limit_train_batches=1.0 training.gradient_clip_val=null "
        "processing.batch_size=4",
        "runs s --json",
        files=DATA,
        process="own",
    ),
    heavy(
        "a sweep on the basic launcher",
        f"{SWEEP} seed=1,2 processing.batch_size=16,32",
        "sweep --resume s --json",
        f"{SWEEP} seed=1",
        process="own",
    ),
    heavy(
        "a sweep on joblib with a job that fails",
        f"{SWEEP} seed=1,2 hydra/launcher=joblib hydra.launcher.n_jobs=2 {BAD.format(1, 'raise,not')}",
        "runs s --json",
        files=MISBEHAVE,
        process="own",
    ),
    heavy(
        "a sweep whose job is killed and tried again",
        f"{SWEEP} --retries 1 seed=1 {BAD.format(1, 'kill')}",
        files=MISBEHAVE,
        process="own",
    ),
    heavy(
        "a search",
        f"{SWEEP} --trials 3 'optimizer.lr=tag(log,interval(1e-4,1e-2))' processing.batch_size=16,32",
        "runs s --json",
        "sweep -q --resume s --trials 4 --json",
        process="own",
    ),
    heavy("a search on a grid", f"{SWEEP} --trials 9 --sampler grid --objective loss seed=1,2", process="own"),
    heavy(
        "Hydra's keys in a config file",
        f"{TRAIN} logger=default --config-dir c --config-name hydra_keys",
        f"train -q {QUICK} --config-dir c --config-name run_dir",
        files=MINE,
    ),
    heavy("a function in the place of a callback", f"{TRAIN} --config-dir c --config-name target", files=MINE),
    heavy(
        "long sentences",
        f"{EXPORT} {OWN} processing.max_length=8",
        f"predict -q r '{LONG}'",
        f"predict -q r/model '{LONG}'",
        files=DATA,
    ),
    heavy("the Python API", API, process="own"),
)
CASES = (*light_cases(), *HEAVY)
