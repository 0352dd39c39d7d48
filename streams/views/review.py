"""What waits for those who keep order in a show, and what they have done: held messages, reports, the audit log."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import identity as identities
from accounts.serializers import valid
from realtime import limits
from rest import addresses, pagination, rendering, responses, schema
from streams.models import ChatMessage, ModerationAct
from streams.models.desk_lines import report
from streams.serializers import moderation as serializers
from streams.views.moderation import DONE, READ, DeskView
from streams.views.sessions import seen

MAX_EXPORTED = 50_000  # acts in one export, the newest
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how what a spreadsheet runs begins
COLUMNS = ("at", "verb", "by", "userId", "author", "messageId", "reason", "details", "undoneAt")


class Held(DeskView):
    noun = "Message"

    @extend_schema(
        parameters=schema.PAGE,
        responses={200: schema.envelope(serializers.HeldMessageSerializer, many=True), **READ},
    )
    def list(self, request: Request, session_id: UUID) -> Response:
        """The messages that wait, the oldest first."""
        waiting = self.desk(request, session_id).stream.held_messages.waiting().in_order()[pagination.page(request)]
        return responses.listing(list(serializers.HeldMessageSerializer(waiting, many=True).data))

    @extend_schema(request=serializers.ReviewSerializer, responses=DONE)
    def update(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        desk, said = self.desk(request, session_id), valid(serializers.ReviewSerializer(data=request.data))
        held = desk.held(pk)
        if said["allowed"]:
            desk.allow(held)
            return responses.success(message="Message allowed successfully")
        desk.refuse(held, said["reason"])
        return responses.success(message="Message refused successfully")


class Reports(DeskView):
    noun = "Report"

    @extend_schema(
        parameters=schema.PAGE, responses={200: schema.envelope(serializers.MessageReportSerializer, many=True), **READ}
    )
    def list(self, request: Request, session_id: UUID) -> Response:
        """The reports that are open, the oldest first."""
        found = self.desk(request, session_id).stream.reports.open().in_order()[pagination.page(request)]
        shown = serializers.MessageReportSerializer(found, many=True, context={"request": request})
        return responses.listing(list(shown.data))

    @extend_schema(
        request=serializers.ReportCreateSerializer,
        responses={201: schema.DoneSerializer, **schema.errors(400, 403, 404, 429)},
        auth=schema.NEEDLESS,
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        """Everybody who may be in the show may report a message, guests too."""
        identity = identities.Identity.of_request(request)
        subjects = {"identity": identity.key, "address": addresses.of_request(request)}
        limits.take_of(identity, "report", subjects)
        said = valid(serializers.ReportCreateSerializer(data=request.data))
        message = ChatMessage.objects.find(seen(request, session_id), said["messageId"])
        report(message, identity, said["reason"])
        return responses.success(message="Message reported successfully", status=201)

    @extend_schema(request=serializers.SettleSerializer, responses=DONE)
    def update(self, request: Request, session_id: UUID, pk: int) -> Response:
        desk, said = self.desk(request, session_id), valid(serializers.SettleSerializer(data=request.data))
        desk.settle(desk.report(pk), said["status"])
        return responses.success(message=f"Report {said['status']} successfully")


class Audit(DeskView):
    noun = "Act"

    @extend_schema(
        parameters=schema.PAGE, responses={200: schema.envelope(serializers.ActSerializer, many=True), **READ}
    )
    def list(self, request: Request, session_id: UUID) -> Response:
        """What was done to keep order, the newest first."""
        acts = self.desk(request, session_id).stream.acts.newest()[pagination.page(request)]
        return responses.listing(list(serializers.ActSerializer(acts, many=True).data))

    @extend_schema(request=None, responses={200: schema.envelope(serializers.ActSerializer), **READ})
    def undo(self, request: Request, session_id: UUID, pk: int) -> Response:
        desk = self.desk(request, session_id)
        return responses.success(serializers.ActSerializer(desk.undo(desk.act(pk))).data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR, **READ})
    def as_csv(self, request: Request, session_id: UUID) -> HttpResponseBase:
        written = io.StringIO()
        writer = csv.DictWriter(written, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for act in self.exported(request, session_id):
            act["details"] = json.dumps(act["details"])
            writer.writerow({name: harmless(act[name]) for name in COLUMNS})
        return attachment(written.getvalue(), "text/csv; charset=utf-8", f"audit-{session_id}.csv")

    @extend_schema(responses={(200, "application/jsonl"): OpenApiTypes.STR, **READ})
    def as_json_lines(self, request: Request, session_id: UUID) -> HttpResponseBase:
        lines = "".join(f"{json.dumps(act)}\n" for act in self.exported(request, session_id))
        return attachment(lines, "application/jsonl", f"audit-{session_id}.jsonl")

    def exported(self, request: Request, session_id: UUID) -> Iterator[dict[str, Any]]:
        acts = self.desk(request, session_id).stream.acts.newest()[:MAX_EXPORTED]
        for act in acts.iterator(chunk_size=1000):
            yield plain(act)


def plain(act: ModerationAct) -> dict[str, Any]:
    facts: dict[str, Any] = rendering.plain(serializers.ActSerializer(act).data)
    return facts


def harmless(value: Any) -> Any:
    """What a spreadsheet would run as a formula is written as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def attachment(text: str, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        text, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
