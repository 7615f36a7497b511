"""Audits a task again that was made with other tools: one that can't be run with those of today fails, and says so."""

from __future__ import annotations

from engine.errors import SandboxError, ScaleEnvError
from engine.models.domain import Domain
from engine.models.task import Audit, Task
from engine.runtime.base import Runtime
from engine.tasks.audit import Audited, audit

_NOT_RUN = (ScaleEnvError, LookupError, TypeError, ValueError, AttributeError)
"""What following a chain raises where its tools answer otherwise than they did: a field that is gone, a value of another kind."""


def audit_again(task: Task, domain: Domain, runtime: Runtime) -> Audited:
    """Runs all audits of a task but `not_duplicate`, as if it were new.

    Returns:
        The task with its audits and their traces; where the audits themselves can't be run, the one audit `solvable`,
        failed.

    Raises:
        SandboxError: The sandbox could not be kept alive; that says nothing about the task.
    """
    bare = task.model_copy(update={"audits": (), "reason": ""})
    try:
        return audit(bare, domain, runtime)
    except SandboxError:
        raise
    except _NOT_RUN as error:
        detail = f"the chain can't be run with the tools as they are: {type(error).__name__}: {error}"
        failed = Audit(name="solvable", passed=False, detail=detail)
        return Audited(bare.model_copy(update={"audits": (failed,), "reason": f"solvable: {detail}"}), ())
