"""The page that the link in a reminder opens, for whoever wants no more of them. It works without a script."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from streams.models import Reminder


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reminder(request: HttpRequest, token: str) -> HttpResponse:
    """Asks first: programs that look at the links in mails only read."""
    try:
        found = Reminder.objects.opened_by(token)
    except Reminder.DoesNotExist as error:
        raise Http404(str(error)) from error
    done = request.method == "POST"
    if done:
        found.unsubscribe()
    return render(request, "storefront/reminder.html", {"done": done, "stream": found.stream})
