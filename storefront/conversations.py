"""The page of one conversation with support, which a mail's link opens. It works without a script."""

import uuid

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from realtime import limits
from rest import addresses
from support import mail
from support.models import Attachment, Conversation, Said, Sender
from support.views.attachments import file_answer
from support.wire.conversations import MAX_LENGTH

MAX_SHOWN = 200  # messages


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what was said to whoever has the link, and takes their answer."""
    opened = _opened(token)
    sender, problem = Conversation.objects.granted(opened), ""
    if request.method == "POST":
        try:
            _say(request, sender, opened)
            return redirect(request.path)
        except (ValidationError, limits.Throttled) as error:
            problem = error.messages[0] if isinstance(error, ValidationError) else error.message
    readable = opened.messages.readable(notes=False).prefetch_related("attachments")
    said = list(readable.order_by("-seq")[:MAX_SHOWN])[::-1]
    if said and request.method == "GET":
        opened.mark(sender, read=said[-1].pk)
    context = {
        "said": said,
        "token": token,
        "problem": problem,
        "text": request.POST.get("text", "") if problem else "",
        "max_length": MAX_LENGTH,
    }
    return render(request, "storefront/conversation.html", context, status=400 if problem else 200)


@require_safe
def file(request: HttpRequest, token: str, pk: uuid.UUID) -> HttpResponse:
    """A file of this conversation, to whoever has the link."""
    try:
        return file_answer(Attachment.objects.find(Conversation.objects.granted(_opened(token)), pk))
    except Attachment.DoesNotExist:
        raise Http404 from None


def _opened(token: str) -> Conversation:
    conversation_id = mail.opened_by(token)
    opened = Conversation.objects.filter(pk=conversation_id).first() if conversation_id is not None else None
    if opened is None:
        raise Http404
    return opened


def _say(request: HttpRequest, sender: Sender, opened: Conversation) -> None:
    limits.take("support", {"identity": sender.key, "address": addresses.of_request(request)})
    Conversation.objects.say(sender, Said(request.POST.get("text", ""), conversation_id=opened.pk))
