from __future__ import annotations

from colactl.training.records.throughput import Throughput


def test_the_clock_runs_from_step_three_without_validation():
    throughput = Throughput()
    for step, now in enumerate((10.0, 20.0, 21.0, 22.0), 1):  # the first three are warm-up
        throughput.count(step, 10 * step, 20 * step, now)
    throughput.pause(22.0)
    throughput.resume(30.0)
    throughput.count(6, 60, 120, 31.0)
    throughput.pause(31.0)
    throughput.resume(40.0)  # after the last step: outside the time
    figures = throughput.figures()
    assert figures["sentences_per_second"] == (4 + 6) / (31.0 - 21.0 - 8.0)
    assert figures["tokens_per_second"] == (40 + 60) / 2.0
    assert figures["padding_efficiency"] == 0.5


def test_a_short_run_has_no_speed():
    throughput = Throughput()
    assert throughput.figures() == dict.fromkeys(
        ("sentences_per_second", "tokens_per_second", "padding_efficiency"), None
    )
    for now in (1.0, 2.0, 3.0):
        throughput.count(4, 8, 8, now)
    assert throughput.figures()["sentences_per_second"] is None
    assert throughput.figures()["padding_efficiency"] == 1.0
