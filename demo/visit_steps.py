"""What visits know of their own way through the machine, for its room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.machine_tries import VisitSteps
from demo.visit import JOB_PREFIX

if TYPE_CHECKING:
    from demo.machine_room import StepsOf
    from demo.visits import Visits


def steps_in(visits: Visits) -> StepsOf:
    """Looks for a visit by its id, or by the id of its job."""

    async def steps_of(wanted: str) -> VisitSteps | None:
        live = visits.find(wanted.removeprefix(JOB_PREFIX))
        if live is None:
            return None
        began = live.visit.began_at.timestamp() * 1000
        return VisitSteps(live.visit.job_id, [(stage, began + at) for stage, at in live.visit.stages])

    return steps_of


def either(first: StepsOf, second: StepsOf) -> StepsOf:
    """What the first one knows, or else the second."""

    async def steps_of(wanted: str) -> VisitSteps | None:
        return await first(wanted) or await second(wanted)

    return steps_of
