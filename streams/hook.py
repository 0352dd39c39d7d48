"""The pre-publish hook: a callable or a webhook of the operator's own looks at each line before it is said.

The contract is docs/moderation.md. A line waits for its answer for CHAT_HOOK_SECONDS, and holds up no other one. What
becomes of a line whose hook fails, or is too slow, CHAT_HOOK_FAILS says: "open" says it, "closed" has it wait for those
who keep order in the show.
"""

import asyncio
import inspect
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.module_loading import import_string

from realtime import lifecycle
from rest import outgoing, signatures

logger = logging.getLogger(__name__)

AT_ONCE = 50  # lines of a process that are looked at; others wait for their turn, which counts as time of the hook
MAX_ANSWER = 4096  # bytes
MAX_WORDS = 200  # characters of what is said to the author
CAUSE = "hook"  # why a line waits


class Line(msgspec.Struct, rename="camel"):
    """What the hook is asked about."""

    session_id: str
    user_id: int | None
    author: str
    user_name: str
    message: str


class Verdict(msgspec.Struct):
    """What it answers: `message` is for the author of a line that is refused."""

    action: Literal["allow", "hold", "refuse"] = "allow"
    message: str = ""


class Hook:
    """The lines that this process has looked at now; there is one such object per event loop."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chat-hook")

    async def ask(self, line: Line) -> Verdict:
        """Raises whatever the hook raises, and TimeoutError."""
        async with asyncio.timeout(settings.CHAT_HOOK_SECONDS):
            async with self.turns:
                if is_webhook():
                    verdict: Verdict = await self._in_thread(_post, line)
                    return verdict
                judge = import_string(settings.CHAT_HOOK)
                if inspect.iscoroutinefunction(judge):
                    return read(await judge(line))
                return read(await self._in_thread(judge, line))

    async def _in_thread(self, judge: Any, line: Line) -> Any:
        """One that has been given up goes on in its thread; when all threads are taken so, each line is too late."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, judge, line)

    async def stop(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)


_current = lifecycle.per_loop(Hook, stop=Hook.stop)


def is_webhook() -> bool:
    return urlsplit(settings.CHAT_HOOK).scheme in ("http", "https")


async def judge(line: Line) -> str:
    """Why a line has to wait, or an empty text; raises PermissionDenied for one that the hook refuses."""
    try:
        verdict = await _current().ask(line)
    except Exception as error:
        logger.warning("the chat's hook failed: %s", type(error).__name__)
        return CAUSE if settings.CHAT_HOOK_FAILS == "closed" else ""
    if verdict.action == "refuse":
        raise PermissionDenied(verdict.message[:MAX_WORDS] or "This message is not allowed here")
    return CAUSE if verdict.action == "hold" else ""


def read(answer: Any) -> Verdict:
    """What a callable returns: a Verdict, an action, a mapping as a webhook answers it, or None for a line to say."""
    if isinstance(answer, Verdict):
        return answer
    facts = {"action": answer} if isinstance(answer, str) else answer or {}
    return msgspec.convert(facts, Verdict)


def _post(line: Line) -> Verdict:
    """Signed as Standard Webhooks say it, where there is a CHAT_HOOK_SECRET."""
    body = msgspec.json.encode({"type": "chat.message", "data": line})
    keys = [settings.CHAT_HOOK_SECRET.encode()] if settings.CHAT_HOOK_SECRET else []
    answer = outgoing.post(
        settings.CHAT_HOOK,
        body,
        [("Content-Type", "application/json"), *signatures.headers(keys, uuid.uuid4().hex, body)],
        seconds=settings.CHAT_HOOK_SECONDS,
        max_answer=MAX_ANSWER,
        allows=outgoing.anywhere,
    )
    if not 200 <= answer.status < 300:
        raise ValueError(f"the answer is {answer.status}")
    if len(answer.body) > MAX_ANSWER:
        raise ValueError("the answer is too long")
    return msgspec.json.decode(answer.body, type=Verdict) if answer.body.strip() else Verdict()
