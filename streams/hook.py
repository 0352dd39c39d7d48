"""The pre-publish hook: a callable or a webhook of the operator's own looks at each line before it is said.

The contract is docs/moderation.md. A line waits for its answer for CHAT_HOOK_SECONDS, and holds up no other one. What
becomes of a line whose hook fails, or is too slow, CHAT_HOOK_FAILS says: "open" says it, "closed" has it wait for those
who keep order in the show.
"""

import asyncio
import base64
import hashlib
import hmac
import inspect
import logging
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.module_loading import import_string

from realtime import lifecycle

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


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is said goes to the address that the operator has named, and nowhere else."""

    def redirect_request(self, *args: Any) -> None:
        return None


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
    body = msgspec.json.encode({"type": "chat.message", "data": line})
    request = urllib.request.Request(settings.CHAT_HOOK, body, _headers(body), method="POST")
    opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=settings.CHAT_HOOK_SECONDS) as answer:
        said = answer.read(MAX_ANSWER + 1)
    if len(said) > MAX_ANSWER:
        raise ValueError("the answer is too long")
    return msgspec.json.decode(said, type=Verdict) if said.strip() else Verdict()


def _headers(body: bytes) -> dict[str, str]:
    """Signed as Standard Webhooks say it, where there is a CHAT_HOOK_SECRET."""
    key, at = uuid.uuid4().hex, str(int(time.time()))
    headers = {"Content-Type": "application/json", "webhook-id": key, "webhook-timestamp": at}
    if settings.CHAT_HOOK_SECRET:
        signed = b".".join((key.encode(), at.encode(), body))
        digest = hmac.new(settings.CHAT_HOOK_SECRET.encode(), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers
