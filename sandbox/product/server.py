"""One pod's process: routes, start, and a termination that drops nobody."""

from __future__ import annotations

import asyncio
import signal

from aiohttp import web

from sandbox.product import chat, endpoints
from sandbox.product.pod import POD, Pod, account, name_version
from sandbox.product.settings import read

LAST_S = 0.8  # after draining, answers under way get this long


def application(pod: Pod) -> web.Application:
    """Return the routes with everything they need."""
    app = web.Application(middlewares=[account, endpoints.fallback], client_max_size=1 << 20)
    app[POD] = pod
    app.on_response_prepare.append(name_version)
    _ = app.router.add_get("/version", endpoints.Version(pod).answer)
    _ = app.router.add_post("/api/chat/ask", chat.ask)
    _ = app.router.add_post("/api/chat/ask-enhanced", chat.ask_enhanced)
    _ = app.router.add_post("/api/chat/feedback", endpoints.feedback)
    _ = app.router.add_get("/api/prompts/examples", endpoints.prompt_examples)
    _ = app.router.add_post("/api/telemetry/ui", endpoints.telemetry)
    _ = app.router.add_get("/api/metrics/observability", endpoints.observability)
    _ = app.router.add_get("/api/metrics/schema", endpoints.schema_figures)
    _ = app.router.add_get("/metrics", endpoints.prometheus)
    _ = app.router.add_get("/healthz", endpoints.healthz)
    _ = app.router.add_get("/readyz", endpoints.readyz)
    _ = app.router.add_get("/", endpoints.page)
    _ = app.router.add_get("/static/{name}", endpoints.page)
    return app


async def serve(pod: Pod, stop: asyncio.Event) -> None:
    """Serve until `stop`, then leave in order: not ready, drained, listener closed, last answers out.

    While it drains a pod still answers whoever comes, each answer closing its connection, since an ingress
    learns a little late that an endpoint is going. Takes drain_s + LAST_S seconds at most.
    """
    settings = pod.settings
    runner = web.AppRunner(application(pod), access_log=None, handle_signals=False, shutdown_timeout=LAST_S)
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port, backlog=512)
    await site.start()
    pod.log.text(f"INFO onesource {settings.version} listening on {settings.host}:{settings.port} as {settings.pod}")
    _ = await stop.wait()
    pod.draining = True
    pod.log.text("INFO terminating: not ready, draining")
    await asyncio.sleep(settings.drain_s)
    pod.hurry.set()  # modelled waits end: what is under way is answered now
    await runner.cleanup()
    pod.conversations.close()
    pod.log.text("INFO terminated")


async def _run() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(Pod(read()), stop)


def main() -> None:
    """Run one pod from the environment."""
    asyncio.run(_run())
