"""World: users, strangers and crashes around an operator, and the state that all must reach."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dataflowxpress.api.annotations import PAUSED, REQUESTED
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.planning.ownership import OWNER_TAG

from .api_server import ApiServer, Key
from .cloud import Broken, Cloud
from .operator import Operator
from .scheduler import Scheduler

PIPELINES: tuple[Key, ...] = (("shop", "orders"), ("shop", "sales"))
CHAOS, CALM = 90.0, 420.0  # seconds: the calm has room for the longest retry and a resync
LETTERS = ("a", "b", "ab", "ac", "abc")
OUTSIDE = 0  # the process number of users
FAULTS, LOSSES = 0.05, 0.3  # probabilities


class World:
    """One run; its seed determines everything."""

    def __init__(self, seed: int) -> None:
        self.scheduler = Scheduler(seed)
        self.api = ApiServer(self.scheduler)
        self.cloud = Cloud(scheduler=self.scheduler, api=self.api)
        self._operators = 0

    def run(self) -> None:
        """Run the chaos, then the calm; raises Broken if an invariant does not hold."""
        try:
            self._stranger()
            self._chaos(FAULTS, LOSSES)
            for key in PIPELINES:
                self.scheduler.spawn(f"user of {key[1]}", OUTSIDE, partial(self._user, key))
            self.scheduler.spawn("crashes", OUTSIDE, self._crashes)
            self.scheduler.run(CHAOS)
            self._calm()
            self.scheduler.run(CHAOS + CALM)
            for problem in self._differences():
                raise Broken(problem)
        finally:
            self.scheduler.end()

    def _chaos(self, faults: float, losses: float) -> None:
        self._restart()
        self.api.fault_rate = self.cloud.fault_rate = faults
        self._operator.loss_rate = losses

    def _restart(self) -> None:
        """Kill the operator, and start the next one."""
        if self._operators:
            self.scheduler.kill(self._operators)
        self._operators += 1
        self._operator = Operator(self.scheduler, self.api, self.cloud, self._operators)
        self._operator.start()

    def _calm(self) -> None:
        """End all that disturbs; whatever was asked for must now come true."""
        self.scheduler.kill(OUTSIDE)
        self.api.fault_rate = self.cloud.fault_rate = 0  # but the watch goes on to lose events
        self._remove_strangers()
        for key, body in self.api.objects.items():
            if Pipeline(body).paused:
                self.api.annotate(key, PAUSED, "false")

    def _crashes(self) -> None:
        while True:
            self.scheduler.sleep(self.scheduler.random.uniform(10, 80))
            self._chaos(FAULTS, LOSSES)

    def _user(self, key: Key) -> None:
        """Do what users do, at any moment."""
        random = self.scheduler.random
        while True:
            self.scheduler.sleep(random.choice([0, 0.2, 1, 4, 10]) * random.uniform(0.5, 1.5))
            body = self.api.objects.get(key)
            if body is None:
                self.api.create(key, self._spec())
            elif self.scheduler.chance(0.25):
                self.api.delete(key)
            elif self.scheduler.chance(0.4):
                self.api.edit(key, self._spec())
            elif self.scheduler.chance(0.3):
                self.api.annotate(key, PAUSED, random.choice(["true", "false", "false"]))
            elif self.scheduler.chance(0.5):
                self.api.annotate(key, REQUESTED, str(self.scheduler.now))
            else:
                self._drift(key)

    def _spec(self) -> dict[str, object]:
        return {
            "tags": {"boxes": self.scheduler.random.choice(LETTERS)},
            "deletionPolicy": "Delete",
            "resyncInterval": "2m",
        }

    def _drift(self, key: Key) -> None:
        """Change a resource by hand, or remove it."""
        mine = [each for each in self.cloud.things if each[0].startswith(f"{key[1]}.")]
        mine = [each for each in mine if self.cloud.owner_of(each) == f"{key[0]}/{key[1]}"]
        if not mine:
            return
        found = self.scheduler.random.choice(sorted(mine))
        if len(found) > 1 or self.scheduler.chance(0.3):
            del self.cloud.things[found]
        else:
            self.cloud.things[found]["Size"] = 77

    def _stranger(self) -> None:
        """Take names that pipelines want: for nobody, and for somebody else."""
        for name, tags in (("orders.c", {}), ("sales.c", {OWNER_TAG: "other/sales"})):
            self.cloud.things[name,] = {"Size": 5, "Color": "red", "Labels": {}}
            self.cloud.things[name, "lid"] = {"Shape": "round"}
            self.cloud.tags[f"arn:aws:memory:eu-west-1:111122223333:box/{name}"] = tags

    def _remove_strangers(self) -> None:
        for name in ("orders.c", "sales.c"):
            arn = f"arn:aws:memory:eu-west-1:111122223333:box/{name}"
            left = self.cloud.things[name,]["Color"], self.cloud.things[name, "lid"]["Shape"]
            if left != ("red", "round"):
                raise Broken(f"{name} of a stranger is changed: {left}")
            del self.cloud.things[name,], self.cloud.things[name, "lid"], self.cloud.tags[arn]

    def _differences(self) -> Iterator[str]:
        """Yield what is not as the users asked for."""
        wanted: set[tuple[str, ...]] = set()
        for (namespace, name), body in self.api.objects.items():
            pipeline = Pipeline(body)
            if pipeline.is_deleting:
                yield f"the deletion of {name} does not end: {pipeline.status['Ready']}"
            if not pipeline.status.holds("Ready") or pipeline.needs_reconciliation:
                yield f"{namespace}/{name} is not ready: {pipeline.status['Ready']}"
            wanted |= {(f"{name}.{letter}",) for letter in pipeline.spec.tags["boxes"]}
        boxes = {each for each in self.cloud.things if len(each) == 1}
        if missing := wanted - boxes:
            yield f"{sorted(missing)} are missing"
        if left := boxes - wanted:
            yield f"{sorted(left)} belong to no pipeline any more"
