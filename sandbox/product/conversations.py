"""Conversations where every pod finds them: one list of messages per session, with its owner.

Each read and each append is one Lua script, so parallel turns on different pods lose nothing and no
half of a turn is ever seen. The second store has the same shape.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from sandbox.product.resp import Client, Names, ReplyError, StoreDownError

if TYPE_CHECKING:
    from sandbox.product.resp import Reply
    from sandbox.product.settings import Settings, StoreName

READ = """
local owner = redis.call('HGET', KEYS[2], 'owner')
if owner and owner ~= ARGV[1] then return {0} end
return {1, tonumber(redis.call('HGET', KEYS[2], 'turns') or '0'), redis.call('LRANGE', KEYS[1], 0, -1)}
"""
APPEND = """
local owner = redis.call('HGET', KEYS[2], 'owner')
if owner and owner ~= ARGV[1] then return {0} end
redis.call('HSET', KEYS[2], 'owner', ARGV[1])
local turns = redis.call('HINCRBY', KEYS[2], 'turns', 1)
redis.call('RPUSH', KEYS[1], ARGV[4], ARGV[5])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return {1, turns, redis.call('LLEN', KEYS[1])}
"""
OVERWRITE = """
redis.call('DEL', KEYS[1])
for i = 4, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
redis.call('HSET', KEYS[2], 'owner', ARGV[1])
local turns = redis.call('HINCRBY', KEYS[2], 'turns', 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return {1, turns, redis.call('LLEN', KEYS[1])}
"""
COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n
"""


class Message(TypedDict):
    """One message of a conversation; `by` is the commit that took or gave it."""

    role: Literal["user", "assistant"]
    text: str
    by: NotRequired[str]


class ForeignError(Exception):
    """The conversation belongs to somebody else."""


@dataclass(frozen=True, slots=True)
class History:
    """A conversation so far: messages still kept, and the turns it ever had."""

    messages: list[Message] = field(default_factory=list[Message])
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """What an append did: messages kept afterwards (None: not saved), and each store that failed."""

    count: int | None
    failed: tuple[StoreName, ...]


class Conversations:
    """The stores as the flags arrange them: a primary, and the other one when writes are doubled."""

    def __init__(self, settings: Settings) -> None:
        """Connect lazily; a pod starts without its stores."""
        self._settings = settings
        self.redis = Client(Names(settings.dns, settings.namespace, settings.redis))
        self.mongo = Client(Names(settings.dns, settings.namespace, settings.mongo))
        primary = settings.conv_store_primary
        second: StoreName = "mongo" if primary == "redis" else "redis"
        self._stores: tuple[StoreName, ...] = (primary, second) if settings.conv_dual_write else (primary,)

    async def read(self, session: str, owner: str) -> History:
        """Return the conversation from the first store that answers; ForeignError, StoreDownError."""
        failure = StoreDownError("no store")
        for name in self._stores:
            try:
                reply = await self._client(name).call("EVAL", READ, 2, *_keys(session), owner)
            except (StoreDownError, ReplyError) as error:
                failure = StoreDownError(f"{name}: {error}")
                continue
            found = _checked(reply, session)
            messages = [json.loads(raw) for raw in found[2]] if isinstance(found[2], list) else []  # type: ignore[arg-type]
            return History(messages, _whole(found[1]))
        raise failure

    async def owner(self, session: str) -> str | None:
        """Return whose conversation it is in the first store; None where it knows of none."""
        try:
            reply = await self._client(self._stores[0]).call("HGET", _keys(session)[1], "owner")
        except (StoreDownError, ReplyError):
            return None
        return reply.decode() if isinstance(reply, bytes) else None

    async def append(
        self,
        session: str,
        owner: str,
        turn: tuple[Message, Message],
        *,
        all_stores: bool = True,
        mirrored: bool = True,
        over: History | None = None,
    ) -> Saved:
        """Add one turn to every store that the flags name; ForeignError when it became somebody else's.

        Not to `all_stores`: the last one fails, so that a doubled conversation stays whole in its primary. Not
        `mirrored`: it is left out, and counts as saved. `over`: what was known when the turn began takes the place
        of what the stores hold.
        """
        keep = 2 * self._settings.conv_max_turns
        written = [*over.messages, *turn] if over is not None else list(turn)
        texts = [json.dumps(message, ensure_ascii=False) for message in written]
        script = APPEND if over is None else OVERWRITE
        words = ("EVAL", script, 2, *_keys(session), owner, keep, self._settings.conv_ttl_s, *texts)
        named = self._stores if mirrored else self._stores[:1]
        stores = named if all_stores else named[:-1]
        replies = await asyncio.gather(*(self._client(name).call(*words) for name in stores), return_exceptions=True)
        count: int | None = None
        failed: list[StoreName] = list(named[len(stores) :])
        for name, reply in zip(stores, replies, strict=True):
            if isinstance(reply, (StoreDownError, ReplyError)):
                failed.append(name)
            elif isinstance(reply, BaseException):
                raise reply
            else:
                kept = _whole(_checked(reply, session)[2])
                count = kept if count is None else count
        return Saved(count, tuple(failed))

    async def within_rate(self, user: str) -> bool:
        """Count one request of a user's minute, over all pods; a store that is down limits nobody."""
        try:
            asked = await self.redis.call("EVAL", COUNT, 1, f"rate:{user}", 60_000)
        except (StoreDownError, ReplyError):
            return True
        return _whole(asked) <= self._settings.rate_limit

    async def up(self, name: StoreName) -> bool:
        """Tell whether a store answers PING."""
        try:
            return await self._client(name).call("PING") == b"PONG"
        except (StoreDownError, ReplyError):
            return False

    async def health(self) -> tuple[bool, bool]:
        """Tell whether Redis answers, and whether some store could hold a conversation now."""
        names: set[StoreName] = {"redis", *self._stores}
        looked = await asyncio.gather(*(self.up(name) for name in names))
        up = dict(zip(names, looked, strict=True))
        return up["redis"], any(up[name] for name in self._stores)

    def close(self) -> None:
        """Drop the connections."""
        self.redis.close()
        self.mongo.close()

    def _client(self, name: StoreName) -> Client:
        return self.redis if name == "redis" else self.mongo


def _keys(session: str) -> tuple[str, str]:
    return f"conv:{session}", f"conv:{session}:meta"


def _checked(reply: Reply, session: str) -> list[Reply]:
    if not isinstance(reply, list) or not reply:
        raise StoreDownError(f"unexpected reply {reply!r}")
    if reply[0] != 1:
        raise ForeignError(session)
    return reply


def _whole(reply: Reply) -> int:
    return reply if isinstance(reply, int) else 0
