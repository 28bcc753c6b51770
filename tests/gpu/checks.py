"""What is checked, the most important first: each check is a function that says what it found, or raises."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders import (
    BATCH_SIZE,
    Measured,
    Task,
    colactl_command,
    measured_peer,
    measured_run,
    peer_command,
)
from tests.gpu.bench import (
    Bench,
    CheckError,
    Finding,
    locations,
    read_result,
    said,
    validation_sentences,
    warned,
    write_bert,
    write_corpus,
)
from tests.gpu.commands import COLACTL, CommandError, OutOfTimeError, run, running

ROUNDS = 2  # of the benchmark, the second backwards
OURS, TRAINER = "colactl", "Trainer with its best flags"
# The benchmark's, with overrides of colactl; determinism is its default, and the Trainer's is to do without.
CONTENDERS: dict[str, tuple[str, ...]] = {
    OURS: (),
    TRAINER: (),
    "colactl, not deterministic": ("training.deterministic=false",),
}
MCC_TOLERANCE = 0.005  # of one model measured twice: two of 1,043 sentences judged otherwise
# Of a probability, between validation and `predict`, which make other batches.
TOLERANCES = {"32-true": 1e-3, "bf16-mixed": 3e-2}
NO_EXTRAS = ("logger=csv", "callbacks.plots=false")


def default_run(bench: Bench) -> Finding:
    """`colactl train` as a user types it first."""
    folder = bench.folder / "default"
    run([*COLACTL, "train", *bench.size.overrides, f"hydra.run.dir={folder}"], bench.folder, bench.left)
    result = read_result(folder)
    devices = locations(folder / "checkpoints" / "last.ckpt")
    summary = f"mcc {result['mcc']:.3f}, {result['seconds']:.1f} s, {result['steps']} steps, on {', '.join(devices)}"
    if not any(device.startswith(bench.device) for device in devices):
        raise CheckError(f"It was not trained on {bench.device}: {summary}")
    return Finding(summary, result, said(folder))


def speed(bench: Bench) -> Finding:
    """BERT base in bf16-mixed: colactl as it is, colactl without determinism, and the Trainer with its best flags."""
    model, data = write_bert(bench, "base", bench.size.base), write_corpus(bench.folder / "corpus")
    task = Task(str(model), data, bench.size.steps, threads=min(16, os.cpu_count() or 1))
    rounds: dict[str, list[Measured]] = {name: [] for name in CONTENDERS}
    errors: dict[str, CommandError] = {}
    for number in range(ROUNDS):
        begun = time.monotonic()
        for name in list(CONTENDERS) if number % 2 == 0 else reversed(CONTENDERS):
            try:
                rounds[name].append(train_once(bench, task, name, bench.folder / f"{name}-{number}"))
            except CommandError as error:  # the others' figures are worth having
                errors[name] = error
        now = time.monotonic()
        if errors or 2 * now - begun > min(bench.deadline, bench.half_time):  # another would take as long
            break
    figures = {name: best(several) for name, several in rounds.items() if several}
    if errors:
        raise CheckError("\n".join([f"failed: {', '.join(errors)}", *speed_lines(figures), *map(str, errors.values())]))
    ratio = figures[OURS]["sentences_per_second"] / figures[TRAINER]["sentences_per_second"]
    notes = [*speed_lines(figures), *said(bench.folder / f"{OURS}-0")]
    runs = {name: [asdict(each) for each in several] for name, several in rounds.items()}
    return Finding(f"{ratio:.2f} times the Trainer's sentences/s", {"best": figures, "rounds": runs}, notes)


def train_once(bench: Bench, task: Task, name: str, folder: Path) -> Measured:
    """One run of a contender; colactl leaves out what the Trainer is not asked for."""
    if name == TRAINER:
        done = run(peer_command(task, "hf_trainer", f"--device={bench.device}"), bench.folder, bench.left)
        return measured_peer(done.out, done.started, done.ended)
    more = [*NO_EXTRAS, "callbacks.checkpoint=null", "callbacks.export=false", bench.accelerator, *CONTENDERS[name]]
    done = run([*colactl_command(task), *more, f"hydra.run.dir='{folder}'"], bench.folder, bench.left)
    return measured_run(task, folder, done.started)


def best(rounds: Sequence[Measured]) -> dict[str, float]:
    """The best of the rounds: what else the machine does can only make them worse."""
    sentences = max(each.sentences_per_second for each in rounds)
    return {
        "sentences_per_second": sentences,
        "milliseconds_per_step": 1e3 * BATCH_SIZE / sentences,
        "seconds_to_first_step": min(each.to_first_step for each in rounds),
        "rounds": len(rounds),
    }


def speed_lines(figures: dict[str, dict[str, float]]) -> list[str]:
    """The contenders as a table."""
    lines = [f"{'':30} {'sentences/s':>12} {'ms a step':>10} {'s to step 1':>12} {'rounds':>7}"]
    for name, row in figures.items():
        sentences, step, first, rounds = row.values()
        lines.append(f"{name:30} {sentences:>12.0f} {step:>10.2f} {first:>12.1f} {rounds:>7.0f}")
    return lines


def economies(bench: Bench) -> Finding:
    """Which of them proved themselves in the benchmark's first run, on this device and in bf16-mixed.

    One that is left out fails the check: the run was right without it, but this device should have had it.
    """
    folder = bench.folder / f"{OURS}-0"
    result = read_result(folder)
    if result.get("economies") is None:
        raise CheckError("result.json does not list the economies in force")
    summary = f"in force: {', '.join(result['economies']) or 'none'}"
    if out := left_out((folder / "train.log").read_text()):
        raise CheckError("\n".join([f"{summary}; {len(out)} left out", *out]))
    proofs = prove_economies(bench)
    if wrong := {name: proof["wrong"] for name, proof in proofs.items() if proof["wrong"]}:
        raise CheckError(f"{summary}; wrong: {wrong}")
    seconds = ", ".join(f"{name} {proof['seconds']} s" for name, proof in proofs.items())
    return Finding(f"{summary}; proved in {seconds}", {"in_force": result["economies"], "proofs": proofs})


def prove_economies(bench: Bench) -> dict[str, Any]:
    """The proof itself, of the benchmark's model: what is wrong with each economy alone, and the seconds for all."""
    import torch  # here, because most checks only start processes
    from transformers import AutoModelForSequenceClassification

    from colactl.training.data.batches import Sentences
    from colactl.training.network.economies import NAMES, Economies
    from colactl.training.network.proof import Precision, settle_economies

    network = AutoModelForSequenceClassification.from_pretrained(bench.folder / "base").to(bench.device).train()
    lengths = range(5, 25)
    ids = [torch.randint(5, 1000, (length,)) for length in lengths]
    sentences = Sentences(ids, [length % 2 for length in lengths], padding=0)
    economies = Economies(network, sentences.table)
    proofs: dict[str, Any] = {}
    for precision in (
        Precision(),
        Precision("bf16-mixed", lambda: torch.autocast(bench.device, torch.bfloat16)),
        Precision("16-mixed", lambda: torch.autocast(bench.device, torch.float16)),
        Precision("bf16-true", convert=lambda copied: copied.bfloat16()),
    ):
        alone = {name: settle_economies(network, sentences, economies, [name], precision) for name in NAMES}
        begun = time.perf_counter()
        together = settle_economies(network, sentences, economies, NAMES, precision)
        proofs[precision.name] = {
            "seconds": round(time.perf_counter() - begun, 3),
            "in_force": economies.in_force,
            "wrong": together | {name: reasons[name] for name, reasons in alone.items() if reasons},
        }
        economies.clear()
    return proofs


def left_out(log: str) -> list[str]:
    """The warnings of a train.log that tell of an economy that is left out."""
    return [line for line in warned(log) if "econom" in line.lower() or "left out" in line]


def resume_default(bench: Bench) -> Finding:
    """The default model, with dropout."""
    return resumed(bench, "default", "+model.architecture.mlp_dropout=0.1")


def resume_bert(bench: Bench) -> Finding:
    """A small BERT in bf16-mixed, whose attention drops too."""
    model = write_bert(bench, "small", bench.size.small)
    return resumed(bench, "bert", "model=transformers", f"model.name={model}", "training.precision=bf16-mixed")


def resumed(bench: Bench, name: str, *overrides: str) -> Finding:
    """Trains to the end; trains again, is killed after its second checkpoint and resumed; compares the bits."""
    from colactl.training.checkpoints.files import newest

    whole, torn, again = (bench.folder / f"resume-{name}" / part for part in ("whole", "torn", "again"))
    settings = [
        *("training.deterministic=true", "training.max_epochs=2", "training.log_every_n_steps=5"),
        f"callbacks.checkpoint.every_n_steps={bench.size.save_steps}",
        *(*NO_EXTRAS, *bench.size.overrides, bench.accelerator, *overrides),
    ]
    train = [*COLACTL, "train", "--quiet", *settings]
    with (
        running([*train, f"hydra.run.dir={whole}"], bench.folder) as undisturbed,
        running([*train, f"hydra.run.dir={torn}"], bench.folder) as victim,
    ):
        while victim.process.poll() is None and not (torn / "checkpoints" / "previous.ckpt").exists():
            if bench.left < 0:
                raise victim.failure("has no second checkpoint: out of time", OutOfTimeError)
            time.sleep(0.01)
        victim.kill()
        if (torn / "result.json").exists():
            raise CheckError("The run came to its end before it was killed")
        if victim.process.returncode != -9:
            raise victim.failure(f"exit code {victim.process.returncode}")
        saved = newest(torn / "checkpoints")
        undisturbed.done(bench.left)
    run([*COLACTL, "train", "--quiet", "--resume", str(torn)], bench.folder, bench.left)
    if (torn / "train.log").read_text().count("The first step is done") != 1:
        raise CheckError("It was trained from its start again, not resumed")
    assert saved is not None
    steps = f"killed after its checkpoint of step {saved.step} of {read_result(whole)['steps']}"
    if differences := compare(whole, torn):
        run([*train, f"hydra.run.dir={again}"], bench.folder, bench.left)
        twice = compare(whole, again)
        summary = ["Two undisturbed runs differ too:", *twice] if twice else ["Two undisturbed runs are equal."]
        raise CheckError("\n".join([f"{steps}: it differs in", *differences, *summary]))
    return Finding(f"{steps}: weights and metrics are the same, bit for bit", {"resumed_from": saved.step}, said(torn))


def compare(one: Path, other: Path) -> list[str]:
    """What differs between two runs: weights, the optimizer's state, the exported model and metrics.csv."""
    import torch

    differences = []
    states = [
        torch.load(folder / "checkpoints" / "last.ckpt", map_location="cpu", weights_only=True)
        for folder in (one, other)
    ]
    for part in ("state_dict", "optimizer_states"):
        tensors = [flat(state[part]) for state in states]
        unequal = [
            (name, float((tensors[0][name].double() - tensors[1][name].double()).abs().max()))
            for name in tensors[0]
            if not torch.equal(tensors[0][name], tensors[1][name])
        ]
        if unequal or not tensors[0]:
            worst = max(unequal, key=lambda pair: pair[1], default=("", 0.0))
            differences.append(
                f"{part}: {len(unequal)} of {len(tensors[0])} tensors, {worst[0]} by up to {worst[1]:.2g}"
            )
    for name in ("model/model.safetensors", "metrics.csv"):
        if (one / name).read_bytes() != (other / name).read_bytes():
            differences.append(name)
    return differences


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """The tensors of nested dictionaries and lists, by their path."""
    import torch

    if isinstance(value, torch.Tensor):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path: tensor for key, part in items for path, tensor in flat(part, f"{name}.{key}").items()}


def evaluate(bench: Bench) -> Finding:
    """`colactl evaluate` of the default run: the figure that it had itself."""
    folder = bench.folder / "default"
    result = read_result(folder)
    done = run([*COLACTL, "evaluate", "--quiet", "--json", str(folder)], bench.folder, bench.left)
    mcc = json.loads(done.out)["models"][0]["figures"]["mcc"]["value"]
    summary = f"mcc {mcc:.4f}, the run's {result['mcc']:.4f}"
    if abs(mcc - result["mcc"]) > MCC_TOLERANCE:
        raise CheckError(summary)
    return Finding(summary, {"mcc": mcc, "run": result["mcc"]})


def predict(bench: Bench) -> Finding:
    """`colactl predict` of the validation split, with each run that there is: the probabilities of its validation."""
    whole = {"default": "32-true", "resume-bert/whole": "bf16-mixed"}
    runs = {name: precision for name, precision in whole.items() if (bench.folder / name / "result.json").exists()}
    if not runs:
        raise CheckError("No run came to its end")
    differences = {name: largest_difference(bench, bench.folder / name) for name in runs}
    summary = ", ".join(f"{name} ({runs[name]}): off by {value:.1e} at most" for name, value in differences.items())
    if any(value > TOLERANCES[runs[name]] for name, value in differences.items()):
        raise CheckError(summary)
    return Finding(summary, differences)


def largest_difference(bench: Bench, folder: Path) -> float:
    """How far a probability of `predict` is at most from the one that the run's best validation gave."""
    import torch

    sentences = validation_sentences()
    checkpoint = torch.load(folder / "checkpoints" / "best.ckpt", map_location="cpu", weights_only=True)
    expected = torch.empty(len(sentences))
    expected[validation_order(folder / "model", sentences)] = checkpoint["logits"].softmax(-1)[:, 1]
    (bench.folder / "sentences.txt").write_text("".join(f"{sentence}\n" for sentence in sentences))
    words = [*COLACTL, "predict", "--quiet", str(folder), "--input=sentences.txt", "--format=jsonl"]
    rows = [json.loads(line) for line in run(words, bench.folder, bench.left).out.splitlines()]
    if [row["sentence"] for row in rows] != sentences:
        raise CheckError(f"{len(rows)} answers, which are not those to the {len(sentences)} sentences")
    return float((torch.tensor([row["probability"] for row in rows]) - expected).abs().max())


def validation_order(model: Path, sentences: list[str]) -> list[int]:
    """The positions of sentences in the order of a run's validation, which is that of their lengths in tokens."""
    import torch

    from colactl.training.data.batches import sorted_batches
    from colactl.training.data.tokenization import load_pretrained_tokenizer

    lengths = torch.tensor([len(ids) for ids in load_pretrained_tokenizer(str(model))(sentences)["input_ids"]])
    return [position for batch in sorted_batches(lengths, BATCH_SIZE) for position in batch]


def sweep(bench: Bench) -> Finding:
    """Two jobs at a time on the one device."""
    folder = bench.folder / "sweep"
    settings = ["seed=1,2", "training.max_epochs=2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    words = [*COLACTL, "sweep", "--quiet", "--json", *settings, bench.accelerator, *NO_EXTRAS, *bench.size.overrides]
    done = run([*words, f"hydra.sweep.dir={folder}"], bench.folder, bench.left)
    jobs = json.loads(done.out)["jobs"]
    summary = ", ".join(f"job {job['index']} {job['status']}" for job in jobs)
    if [job["status"] for job in jobs] != ["done", "done"]:
        raise CheckError("\n".join([summary, *(str(job["error"]) for job in jobs)]))
    notes = [line for number in range(2) for line in said(folder / str(number))]
    return Finding(f"{summary}, {done.ended - done.started:.1f} s", {"jobs": jobs}, notes)


@dataclass(frozen=True)
class Check:
    """One of the checks.

    Attributes:
        name: For --only and the table.
        function: It says what it found, or raises.
        share: Of the time of all checks, what it may take at most.
    """

    name: str
    function: Callable[[Bench], Finding]
    share: float


CHECKS = (
    Check("default", default_run, 0.25),
    Check("speed", speed, 0.5),
    Check("economies", economies, 0.1),
    Check("resume-default", resume_default, 0.35),
    Check("resume-bert", resume_bert, 0.35),
    Check("predict", predict, 0.2),
    Check("evaluate", evaluate, 0.15),
    Check("sweep", sweep, 0.3),
)
