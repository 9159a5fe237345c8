"""Plan: derives the steps from desired and observed state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from graphlib import TopologicalSorter

from dataflowxpress.api.resource_id import Id

from .convergence import converge
from .fence import fence
from .pruning import prune
from .resource import Observed, Resource, Scope, is_absent
from .step import Step


def retain_none(_: Id) -> bool:
    """Retain no orphan."""
    return False


def plan(
    scope: Scope,
    wanted: Sequence[Resource],
    inventory: Collection[Id],
    observed: Observed,
    retain: Callable[[Id], bool] = retain_none,
) -> list[Step]:
    """Return a step for each wanted or recorded resource, in order.

    *inventory* is in the order of creation, and *observed* covers all IDs of both, and the parents
    of orphans. Resources that are no longer wanted are deleted, unless *retain* returns True for
    them. While any resource is wanted, the pipeline stays in use, and deletions wait for active
    work.
    """
    desired = {resource.id: resource for resource in wanted}
    converging = {
        i: converge(resource, observed[i], known=i in inventory) for i, resource in desired.items()
    }
    steps = fence(converging, observed)
    order = TopologicalSorter({i: step.needs & steps.keys() for i, step in steps.items()})
    orphans = [i for i in inventory if i not in desired and not is_absent(observed[i])]
    return [
        *(steps[i] for i in order.static_order()),
        *prune(scope, orphans, observed, retain, graceful=bool(wanted)),
    ]
