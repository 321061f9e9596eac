"""Does the product answer where the profile says?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import msgspec

from harness.doctor.finding import Finding, missing, ok
from harness.target import UrlPairRouting

if TYPE_CHECKING:
    from harness.target import Api, Environment

WITHIN = httpx.Timeout(4.0, connect=3.0)


def check(name: str, env: Environment, api: Api, where: str) -> list[Finding]:
    """Ask each address of an environment for its version; `where` names the environment in the profile."""
    addresses = [(f"{name}: address", env.url, f"{where}.url")]
    if isinstance(env.routing, UrlPairRouting):
        pair = env.routing
        addresses.append((f"{name}: address of stable", pair.stable_url, f"{where}.routing.stable_url"))
        addresses.append((f"{name}: address of the canary", pair.canary_url, f"{where}.routing.canary_url"))
    return [_address(what, url, api, place) for what, url, place in addresses]


def _address(what: str, url: str, api: Api, where: str) -> Finding:
    wanted = f"a JSON object from one of {', '.join(api.version)}"
    if not url:
        return missing(what, wanted="an address", got="an empty one", where=where, do="set it")
    got = "no path to ask"
    try:
        with httpx.Client(base_url=url, timeout=WITHIN, headers={"User-Agent": "onesource-verify doctor"}) as http:
            for path in api.version:
                got = _shape(http.get(path))
                if got == "":
                    return ok(what, f"{_shown(url)}{path} answers with a JSON object")
                got = f"{got} from {path}"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as trouble:
        got = f"{type(trouble).__name__}: {trouble}" if str(trouble) else type(trouble).__name__
    do = "check the address, DNS, VPN and proxy; a page of HTML means that something else answers there"
    return missing(what, wanted=wanted, got=got, where=f"{where} = {_shown(url)}", do=do)


def _shape(answer: httpx.Response) -> str:
    """Return what is wrong with an answer, or nothing; a web server's fallback page is 200, too."""
    if answer.status_code != 200:
        return f"status {answer.status_code}"
    try:
        document = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return f"status 200 with {answer.headers.get('content-type', 'no content type')}, no JSON"
    if not isinstance(document, dict):
        return f"status 200 with JSON that is no object but {type(document).__name__}"
    return "status 200 with an error document" if set(document) == {"error"} else ""  # pyright: ignore[reportUnknownArgumentType]


def _shown(url: str) -> str:
    """Return an address as it may be printed: without a password that somebody put into it."""
    scheme, sep, rest = url.rstrip("/").rpartition("://")
    return scheme + sep + rest.rpartition("@")[2]
