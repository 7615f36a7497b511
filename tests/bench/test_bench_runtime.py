"""The runtime benchmark runs, and reports under the names that stay."""

from __future__ import annotations

from engine.bench.runtime import bench_runtime


def test_bench_reports_positive_rates_under_fixed_names() -> None:
    numbers = bench_runtime(60, seconds=0.05, repeats=1)
    assert list(numbers) == [
        "inprocess_steps_per_s",
        "inprocess_resets_per_s",
        "inprocess_rewards_per_s",
        "sandbox_steps_per_s",
        "sandbox_batched_steps_per_s",
        "sandbox_resets_per_s",
        "rows",
        "rss_mb",
    ]
    assert all(value > 0 for value in numbers.values())
    assert numbers["rows"] == 60
