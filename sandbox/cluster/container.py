"""One container: a process that is started, probed, restarted with growing pauses, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Protocol

from sandbox import process
from sandbox.cluster import probes
from sandbox.cluster.environment import ConfigError, command_line, environment
from sandbox.cluster.logs import LogPipe, log_path
from sandbox.kube.reading import part

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from sandbox.cluster.node import Node
    from sandbox.images import Image
    from sandbox.kube.store import Obj

BACK_OFF_S = 1.0  # a tenth of the real 10 s, doubling with each crash
BACK_OFF_MOST_S = 30.0  # a tenth of the real five minutes
CALM_S = 60.0  # a container that ran so long starts anew without a pause (really 10 min)
CONFIG_RETRY_S = 1.0
DOWN_LOOK_S = 0.1


class Host(Protocol):
    """What a container needs of its pod."""

    node: Node
    pod: Obj
    ip: str
    directory: Path

    def publish(self) -> None:
        """Write the pod's status."""
        ...


class Container:
    """A container of one pod; `run` lives as long as the pod wants it to."""

    def __init__(self, host: Host, spec: Obj) -> None:
        """Prepare; nothing runs yet."""
        self._host = host
        self._node = host.node
        self.spec = spec
        self.name: str = spec["name"]
        self.state: Obj = {"waiting": {"reason": "ContainerCreating"}}
        self.last_state: Obj = {}
        self.restarts = 0
        self.ready = self.started = False
        self.image_id = self.container_id = ""
        self._process: asyncio.subprocess.Process | None = None
        self._exited = asyncio.Event()
        self._ending = asyncio.Event()
        self._probes: list[asyncio.Task[None]] = []
        self._back_off_s = 0.0
        self._failing: asyncio.Task[None] | None = None  # ends it because a probe or the node says so
        self._asked = False  # the node itself ended it, so it starts again without a pause

    # -- its life

    async def run(self) -> None:
        """Start it again and again until `end` or `kill`; restartPolicy is always Always here."""
        first = True
        while not self._ending.is_set():
            image = await self._pulled()
            if image is None:
                return
            if await self._held_down():
                return
            if not first:
                self.restarts += 1
            if not await self._start(image):
                return
            began = asyncio.get_running_loop().time()
            await self._until_exit()
            if self._ending.is_set():
                return
            if self._asked or asyncio.get_running_loop().time() - began > CALM_S:
                self._back_off_s = 0.0
            self._asked = False
            await self._pause()
            first = False

    async def _held_down(self) -> bool:
        """Wait while a fault keeps the pod down; True when the pod ended meanwhile."""
        if self._node.trouble.down(self._host.pod):
            self._wait_as("CrashLoopBackOff", f"back-off restarting failed container={self.name}")
        while self._node.trouble.down(self._host.pod):
            if await self._sleep(DOWN_LOOK_S):
                return True
        return False

    async def _pulled(self) -> Image | None:
        """Return the image; while its name is unknown, wait as a node does. None: the pod ends."""
        name, pause = self.spec["image"], BACK_OFF_S
        while (image := self._node.pull(self._node.trouble.image(self._host.pod, name))) is None:
            why = f'failed to resolve reference "{name}": not found'
            self._warn("Failed", f'Failed to pull image "{name}": {why}')
            self._warn("Failed", "Error: ErrImagePull")
            self._wait_as("ErrImagePull", why)
            if await self._sleep(BACK_OFF_S):
                return None
            self._node.recorder.normal(
                "kubelet", self._host.pod, "BackOff", f'Back-off pulling image "{name}"', container=self.name
            )
            self._warn("Failed", "Error: ImagePullBackOff")
            self._wait_as("ImagePullBackOff", f'Back-off pulling image "{name}": ErrImagePull: {why}')
            if await self._sleep(pause):
                return None
            pause = min(pause * 2, BACK_OFF_MOST_S)
        self._say("Pulled", f'Container image "{name}" already present on machine')
        return image

    async def _start(self, image: Image) -> bool:
        """Start the process; False when the pod ends before it could."""
        while (given := self._given(image)) is None:
            if await self._sleep(CONFIG_RETRY_S):
                return False
        env, argv = given
        meta = self._host.pod["metadata"]
        path = log_path(self._node.logs, meta, self.name, self.restarts)
        self._exited.clear()
        trouble = self._node.trouble
        log = LogPipe(path, spoil=trouble.spoiler(self._host.pod), rotates=trouble.rotates)
        try:
            self._process = await process.spawn(argv, env=env, log=log.writer)
        except OSError as error:  # no such program: shown as the container runtime does
            log.close()
            self._warn("Failed", f"Error: failed to start container: {error}")
            self._died(128, "StartError", str(error))
            return True
        log.started()
        self._say("Created", f"Created container: {self.name}")
        self._say("Started", f"Started container {self.name}")
        self.container_id = f"containerd://{secrets.token_hex(32)}"
        self.image_id = image.image_id
        self.state = {"running": {"startedAt": self._node.store.timestamp()}}
        self._reaping = asyncio.create_task(self._reap(self._process, log))
        self._start_probes()
        self._host.publish()
        if self._ending.is_set() or trouble.down(self._host.pod):  # the end came while the process was being made
            process.kill_group(self._process)
        return True

    def _given(self, image: Image) -> tuple[dict[str, str], list[str]] | None:
        try:
            where = (self._node.store, self._host.pod, self._host.ip, self.spec)
            env = environment(*where, image=image, node=self._node.env)
        except ConfigError as error:
            self._warn("Failed", f"Error: {error}")
            self._wait_as("CreateContainerConfigError", str(error))
            return None
        return env, command_line(self.spec, image, env, self._host.directory)

    async def _reap(self, running: asyncio.subprocess.Process, log: LogPipe) -> None:
        code = await running.wait()
        process.kill_group(running)  # what it left behind ends with it, as in a container
        log.close()
        self._process = None
        for probe in self._probes:
            _ = probe.cancel()
        self._probes.clear()
        self._died(code if code >= 0 else 128 - code, "Completed" if code == 0 else "Error", "")

    def _died(self, code: int, reason: str, message: str) -> None:
        now = self._node.store.timestamp()
        began = part(self.state, "running").get("startedAt", now)
        over: Obj = {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": now}
        over["containerID"] = self.container_id
        if message:
            over["message"] = message
        self.state = {"terminated": over}
        self.ready = self.started = False
        self._exited.set()
        self._host.publish()

    async def _until_exit(self) -> None:
        _ = await self._exited.wait()

    async def _pause(self) -> None:
        """Wait before a restart: the first crash restarts at once, later ones with doubling pauses."""
        self.last_state = self.state
        if self._back_off_s:
            pod = self._host.pod["metadata"]
            who = f"{self.name} in pod {pod['name']}_{pod['namespace']}({pod['uid']})"
            self._warn("BackOff", f"Back-off restarting failed container {who}")
            who = f"{self.name} pod={pod['name']}_{pod['namespace']}({pod['uid']})"
            says = f"back-off {self._back_off_s:g}s restarting failed container={who}"
            self._wait_as("CrashLoopBackOff", says)
            _ = await self._sleep(self._back_off_s)
        self._back_off_s = min(max(self._back_off_s * 2, BACK_OFF_S), BACK_OFF_MOST_S)

    # -- its end

    async def end(self, grace_s: float, *, hooks: bool = True) -> None:
        """End it: preStop (unless without hooks), SIGTERM, and SIGKILL when the grace period is over."""
        self._ending.set()
        if self._process is None:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        self._say("Killing", f"Stopping container {self.name}")
        hook = part(self.spec, "lifecycle", "preStop")
        if hooks:
            await self._pre_stop(hook, grace_s)
        await self._terminate(max(deadline - loop.time(), min(grace_s, 2.0)))

    async def _terminate(self, grace_s: float) -> None:
        """SIGTERM, then SIGKILL after `grace_s` seconds; returns when the exit is recorded."""
        if (running := self._process) is not None and running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                running.terminate()
        with contextlib.suppress(TimeoutError):
            _ = await asyncio.wait_for(self._exited.wait(), grace_s)
            return
        self.kill()
        _ = await self._exited.wait()

    def kill(self) -> None:
        """SIGKILL it now; it won't be restarted when the pod is ending."""
        if self._process is not None:
            process.kill_group(self._process)

    def restart(self, grace_s: float) -> None:
        """End it with so much grace and have it started again at once; does nothing while it ends anyway."""
        if self._ending.is_set() or self._process is None or not (self._failing is None or self._failing.done()):
            return
        self._asked = True
        self._failing = asyncio.create_task(self._terminate(grace_s))

    @property
    def restarting(self) -> bool:
        """Tell whether the node has told it to end, and it has not ended yet: it may still look ready."""
        return self._asked and not self._ending.is_set()

    def down(self) -> None:
        """SIGKILL it because a fault keeps it down; once that is over it starts again at once."""
        self._asked = self._asked or self._process is not None
        self.kill()

    def abandon(self) -> None:
        """End without grace: the pod is gone already."""
        self._ending.set()
        self.kill()

    async def _pre_stop(self, hook: Obj, grace_s: float) -> None:
        """Run lifecycle.preStop (sleep, httpGet or exec) while the process still serves; at most the grace period."""
        if "sleep" in hook:
            seconds = min(float(hook["sleep"]["seconds"]), grace_s)
            with contextlib.suppress(TimeoutError):
                _ = await asyncio.wait_for(self._exited.wait(), seconds)
        elif "httpGet" in hook:
            answer = await probes.ask({**hook, "timeoutSeconds": grace_s}, self._host.ip, self.spec)
            if not answer.ok:
                self._warn("FailedPreStopHook", f"PreStopHook failed: {answer.says}")
        elif "exec" in hook:
            await self._execute(hook["exec"]["command"], grace_s)

    async def _execute(self, argv: list[str], grace_s: float) -> None:
        image = self._node.pull(self.spec["image"])
        given = self._given(image) if image else None
        if given is None:
            return
        log = LogPipe(self._host.directory / "hooks.log")
        try:
            running = await process.spawn(argv, env=given[0], log=log.writer)
            log.started()
            with contextlib.suppress(TimeoutError):
                _ = await asyncio.wait_for(running.wait(), grace_s)
            process.kill_group(running)
            if code := await running.wait():
                self._warn("FailedPreStopHook", f"PreStopHook failed: exited with {code}")
        except OSError as error:
            self._warn("FailedPreStopHook", f"PreStopHook failed: {error}")
        finally:
            log.close()

    # -- its probes

    def _start_probes(self) -> None:
        if self.spec.get("startupProbe"):
            self._watch(self._startup())
        else:
            self._begun()

    def _begun(self) -> None:
        """The container counts as started: readiness and liveness are asked from now on."""
        self.started = True
        self.ready = not self.spec.get("readinessProbe")
        if self.spec.get("readinessProbe"):
            self._watch(self._probe("readinessProbe", self._readiness, eager=True))
        if self.spec.get("livenessProbe"):
            self._watch(self._probe("livenessProbe", self._liveness, eager=False))

    def _watch(self, probing: Coroutine[None, None, None]) -> None:
        self._probes.append(asyncio.create_task(probing))

    async def _probe(self, kind: str, decided: probes.Decided, *, eager: bool) -> None:
        word = kind.removesuffix("Probe").title()

        async def ask() -> probes.Answer:
            return await probes.ask(self.spec[kind], self._host.ip, self.spec)

        def failed(answer: probes.Answer) -> None:
            self._warn("Unhealthy", f"{word} probe failed: {answer.says}")

        await probes.run(self.spec[kind], ask, decided, failed, eager=eager)

    async def _startup(self) -> None:
        """Ask until it has started; give up (kill) after failureThreshold periods."""
        probe = self.spec["startupProbe"]
        patience_s = float(probe.get("periodSeconds", 10)) * int(probe.get("failureThreshold", 3))
        passed = asyncio.Event()

        def decided(good: bool, _: probes.Answer) -> None:  # noqa: FBT001  the prober's callback
            if good:
                passed.set()

        asking = asyncio.create_task(self._probe("startupProbe", decided, eager=True))
        try:
            async with asyncio.timeout(float(probe.get("initialDelaySeconds", 0)) + patience_s):
                _ = await passed.wait()
        except TimeoutError:
            self._fail("startup")
            return
        finally:
            _ = asking.cancel()
        self._begun()
        self._host.publish()

    def _readiness(self, good: bool, _: probes.Answer) -> None:  # noqa: FBT001  the prober's callback
        if self.ready != good:
            self.ready = good
            self._host.publish()

    def _liveness(self, good: bool, _: probes.Answer) -> None:  # noqa: FBT001  the prober's callback
        if not good:
            self._fail("liveness")

    def _fail(self, which: str) -> None:
        if self._ending.is_set() or self._process is None or not (self._failing is None or self._failing.done()):
            return
        self._say("Killing", f"Container {self.name} failed {which} probe, will be restarted")
        grace = float(self._host.pod["spec"].get("terminationGracePeriodSeconds", 30))
        self._failing = asyncio.create_task(self._terminate(grace))

    # -- saying it

    async def _sleep(self, seconds: float) -> bool:
        """Wait; True when the pod ended meanwhile."""
        with contextlib.suppress(TimeoutError):
            _ = await asyncio.wait_for(self._ending.wait(), seconds)
        return self._ending.is_set()

    def _wait_as(self, reason: str, message: str) -> None:
        self.state = {"waiting": {"reason": reason, "message": message}}
        self._host.publish()

    def _say(self, reason: str, message: str) -> None:
        self._node.recorder.normal("kubelet", self._host.pod, reason, message, container=self.name)

    def _warn(self, reason: str, message: str) -> None:
        self._node.recorder.warning("kubelet", self._host.pod, reason, message, container=self.name)
