"""A search's bookkeeping, on a real study: what is drawn, who gets it, and what the study is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from colactl.cli.sweep_display import raise_for_failures
from colactl.errors import ConfigError, SweepError
from colactl.runs.create import create
from colactl.sweeping.folder import Sweep
from colactl.sweeping.planned import PlannedJob
from colactl.sweeping.results.progress import Watcher
from colactl.sweeping.results.rows import read_rows
from colactl.sweeping.search.definition import Search
from colactl.sweeping.search.trials import Trials, report_of
from tests.sweeping.search.conftest import LR, Begun, ended, failed, states, study_of, worth

SAMPLERS = {"tpe": 11, "random": 3, "cmaes": 4, "qmc": 3}  # trials: the first ones of some are random


def run_all(sweep: Sweep, figure: Callable[[PlannedJob], float] = worth) -> list[PlannedJob]:
    """What one worker does, less the training."""
    jobs: list[PlannedJob] = []
    while (job := Trials(sweep).begin(f"slot-{len(jobs)}")) is not None:
        ended(sweep, job, mcc=figure(job))
        jobs.append(job)
    return jobs


@pytest.mark.parametrize(("sampler", "trials"), SAMPLERS.items())
def test_one_worker_draws_the_same_again(
    begun: Begun, sampler: str, trials: int, capfd: pytest.CaptureFixture[str]
) -> None:
    first, again, other = (
        run_all(begun(name=name, seed=seed, sampler=sampler, trials=trials))
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert len(first) == trials
    assert [job.overrides for job in first] == [job.overrides for job in again]
    assert [job.overrides for job in first] != [job.overrides for job in other]
    assert len({job.overrides[0] for job in first}) == trials
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_tpe_finds_what_is_good(begun: Begun) -> None:
    sweep = begun(trials=40)
    run_all(sweep)
    best = study_of(sweep).best_trial
    assert best.value is not None
    assert best.value > 0.8
    assert best.params["processing.batch_size"] == "16"


def test_a_grid_has_every_point_once(begun: Begun) -> None:
    sweep = begun("processing.batch_size=16,32,64", "seed=range(2)", sampler="grid", trials=99)
    jobs = run_all(sweep, lambda job: -job.index)
    assert len(jobs) == len({tuple(job.overrides) for job in jobs}) == 6


def test_two_workers_draw_different_values(begun: Begun) -> None:
    sweep = begun(LR, trials=2)
    first, second = Trials(sweep), Trials(sweep)  # both know an empty study
    one, other = first.begin("a"), second.begin("b")
    assert one is not None
    assert other is not None
    assert [one.index, other.index] == [0, 1]
    assert one.overrides != other.overrides
    assert Trials(sweep).begin("c") is None


def test_the_study_is_told_how_each_job_ended(begun: Begun) -> None:
    sweep = begun(trials=5)
    jobs = [Trials(sweep).begin(str(place)) for place in range(5)]
    good, unmeasured, pruned, bad, interrupted = [job for job in jobs if job is not None]
    ended(sweep, good, mcc=0.5)
    ended(sweep, unmeasured, mcc=None)
    ended(sweep, pruned, mcc=0.1, pruned=True)
    failed(sweep, bad)
    Trials(sweep).end(interrupted)
    assert states(sweep) == ["COMPLETE", "FAIL", "PRUNED", "FAIL", "RUNNING"]
    Trials(sweep).end(good)  # told already: nothing happens
    assert study_of(sweep).best_value == 0.5
    assert [job.index for job in Trials(sweep).unfinished()] == [4]
    assert Trials(sweep).left() == 0


def test_a_result_that_the_study_was_not_told_of_is_told_by_a_resumed_sweep(begun: Begun) -> None:
    sweep = begun(trials=3)
    job, other = Trials(sweep).begin("a"), Trials(sweep).begin("b")
    assert job is not None
    assert other is not None
    sweep.run(job).folder.mkdir()
    sweep.run(job).complete({"mcc": 0.25})
    assert states(sweep) == ["RUNNING", "RUNNING"]
    assert [each.index for each in Trials(sweep).unfinished()] == [other.index]
    assert study_of(sweep).best_value == 0.25
    assert Trials(sweep).left() == 1


def test_a_trial_that_was_killed_before_it_was_planned_is_not_lost(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = Trials(begun(trials=2, name="undisturbed")).begin("a")
    sweep = begun(trials=2)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Sweep, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            Trials(sweep).begin("a")
    assert states(sweep) == ["RUNNING"]
    assert Trials(sweep).left() == 2
    assert Trials(sweep).begin("b") == undisturbed
    assert Trials(sweep).left() == 1
    run_all(sweep)
    assert len(states(sweep)) == 2


def test_who_asks_again_goes_on_with_what_it_had(begun: Begun) -> None:
    """As Slurm starts a job anew that it had taken the machine from."""
    sweep = begun(trials=3)
    job = Trials(sweep).begin("slot")
    assert job is not None
    again = Trials(sweep).begin("slot")
    assert again is not None
    assert (again.index, again.overrides) == (job.index, job.overrides)
    ended(sweep, job, mcc=0.1)
    assert Trials(sweep).begin("slot") is None
    assert len(states(sweep)) == 1
    Trials(sweep).free_slots()  # as a resumed sweep does, whose processes may have the numbers of others before
    assert Trials(sweep).begin("slot") is not None


def test_values_that_are_not_valid_together_are_a_failed_trial(begun: Begun) -> None:
    space = ("model.max_positions=64,32", "processing.max_length=int(interval(8,64))")
    sweep = begun(*space, sampler="random", trials=6, seed=1)
    jobs = [Trials(sweep).begin(str(place)) for place in range(6)]
    refused = [place for place, job in enumerate(jobs) if job is None]
    assert 0 < len(refused) < 6
    assert [place for place, state in enumerate(states(sweep)) if state == "FAIL"] == refused
    run = sweep.run(sweep.job(refused[0]))
    assert run.status == "failed"
    assert "at most 32 tokens" in str(run.error)
    assert [job.index for job in sweep.jobs()] == list(range(6))


@pytest.mark.slow
def test_two_sweeps_share_a_study_to_its_total(begun: Begun, tmp_path: Path) -> None:
    shared = {"storage": f"sqlite:///{tmp_path}/study.db", "study": "ours"}
    sweeps = [begun(name=name, trials=7, **shared) for name in ("a", "b")]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(run_all, sweeps)
    assert len({job.index for job in (*first, *second)}) == len(first) + len(second) == 7
    assert [state for state in states(sweeps[0]) if state != "FAIL"] == ["COMPLETE"] * 7  # some may be withdrawn
    assert [job.index for job in sweeps[1].jobs()] == [job.index for job in second]


def test_one_trial_too_many_is_withdrawn(begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine took the last one after this one had counted."""
    shared = {"storage": f"sqlite:///{tmp_path}/study.db", "study": "ours"}
    here, there = (begun(name=name, trials=1, **shared) for name in ("a", "b"))
    trials = Trials(here)
    count, calls = trials._all, []

    def overtaken() -> object:
        counted = count()
        if not calls:
            calls.append(Trials(there).begin("b"))
        return counted

    monkeypatch.setattr(trials, "_all", overtaken)
    assert trials.begin("a") is None
    assert calls[0] is not None
    assert states(here) == ["RUNNING", "FAIL"]
    assert list(here.jobs()) == []
    assert Trials(here).left() == 0


def test_a_study_of_something_else_is_refused(begun: Begun, tmp_path: Path) -> None:
    shared = {"storage": f"sqlite:///{tmp_path}/study.db", "study": "ours"}
    begun(name="a", **shared)
    with pytest.raises(ConfigError, match="searches another space"):
        begun(LR, name="b", **shared)
    with pytest.raises(ConfigError, match="for another metric"):
        begun(name="b", objective="loss", **shared)


def test_the_study_opens_in_optuna_itself(begun: Begun) -> None:
    sweep = begun(trials=1)
    run_all(sweep)
    search = Search.read(sweep.folder)
    assert search.options.study == sweep.folder.name
    rows = [json.loads(line) for line in (sweep.folder / "study.log").read_text().splitlines()]
    assert [row["study_name"] for row in rows if "study_name" in row] == [sweep.folder.name]


def test_a_trial_that_may_be_pruned_reports_while_its_study_is_there(begun: Begun) -> None:
    sweep = begun(trials=1, pruner="median")
    job = Trials(sweep).begin("a")
    assert job is not None
    report = report_of(sweep, job)
    assert report is not None
    assert not report(0, 0.5)
    assert study_of(sweep).trials[0].intermediate_values == {0: 0.5}
    (sweep.folder / "study.log").unlink()
    another = report_of(sweep, job)
    assert another is not None
    assert not another(1, 0.5)  # no reason to lose a training
    assert report_of(begun(name="unpruned", trials=1), job) is None


def test_whoever_watches_sees_trials_come(begun: Begun) -> None:
    sweep = begun(trials=3)
    watcher = Watcher(sweep.folder, Trials(sweep).left())
    assert [row.status for row in watcher()] == ["pending"] * 3
    job = Trials(sweep).begin("a")
    assert job is not None
    ended(sweep, job, mcc=0.5)
    rows = watcher()
    assert [row.status for row in rows] == ["done", "pending", "pending"]
    assert (rows[0].index, rows[0].overrides) == (0, job.overrides)


def test_a_damaged_result_is_a_failed_trial_and_keeps_no_other_from_going_on(begun: Begun) -> None:
    sweep = begun(trials=2)
    jobs = [Trials(sweep).begin(slot) for slot in "ab"]
    assert jobs[0] is not None
    create(sweep.run(jobs[0]).folder).complete({"mcc": 0.5})
    (sweep.run(jobs[0]).folder / "result.json").write_text("{")
    assert [job.index for job in Trials(sweep).unfinished()] == [1]
    assert states(sweep) == ["FAIL", "RUNNING"]
    with pytest.raises(SweepError) as told:
        raise_for_failures(read_rows(sweep.folder)[:1], sweep)
    assert "rm " not in str(told.value)  # a failed trial is not run again, and its figures may be mended by hand
