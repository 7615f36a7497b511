"""The benchmark's domain runs alike in both runtimes."""

from __future__ import annotations

from engine.bench.domain import NOW, bench_domain, bench_rows
from engine.models.trace import Call
from engine.runtime.differential import differences
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.sandbox import SandboxRuntime


def test_both_runtimes_agree_on_the_mix() -> None:
    domain, rows = bench_domain(), bench_rows(100)
    calls = [
        Call(name="get_application", arguments={"application_id": "APP-0001"}),
        Call(name="list_applications", arguments={"candidate_id": "CAN-0002"}),
        Call(name="schedule_interview", arguments={"application_id": "APP-0001", "starts_at": "2026-03-05T10:00:00"}),
        Call(name="set_status", arguments={"application_id": "APP-0001", "status": "interview"}),
        Call(name="get_application", arguments={"application_id": "none"}),
    ]
    inprocess, sandbox = InProcessRuntime(domain), SandboxRuntime(domain)
    left = inprocess.run(inprocess.open(inprocess.base(rows, NOW)), calls)
    right = sandbox.run(sandbox.open(sandbox.base(rows, NOW)), calls)
    sandbox.close_all()
    assert [record.outcome for record in left] == ["success"] * 4 + ["rejection"]
    assert differences(left, right) == []
