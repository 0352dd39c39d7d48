"""Pictures of products: uploaded by those who offer them, and read by everyone."""

from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import authentication
from accounts.serializers import valid
from rest import responses, schema
from rest.throttling import AddressThrottle
from shopping.models import Picture
from shopping.models.picture import FOLDER


class PictureUploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="JPEG, PNG, WebP or GIF")


class PictureSerializer(serializers.Serializer[Picture]):
    url = serializers.CharField(help_text="what `imageUrl` of a product or a variant takes")
    bytes = serializers.IntegerField()


class Pictures(APIView):
    permission_classes = [IsAuthenticated]
    parser_classes = (MultiPartParser,)
    throttle_classes = [AddressThrottle]
    throttle_scope = "picture"

    @extend_schema(
        request=PictureUploadSerializer,
        responses={201: schema.envelope(PictureSerializer), **schema.errors(400, 401, 403, 413, 429)},
    )
    def post(self, request: Request) -> Response:
        """Keeps a picture, made small and without what its camera wrote; one that no product shows goes after a day."""
        file = valid(PictureUploadSerializer(data=request.data))["file"]
        picture = Picture.objects.upload(authentication.sender(request), file.read())
        return responses.success(PictureSerializer(picture).data, status=201)


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """The file; its name is that of its content, so it never changes."""
    try:
        with default_storage.open(f"{FOLDER}/{name}") as file:
            answer = HttpResponse(file.read(), content_type="image/webp")
    except OSError:
        raise Http404 from None
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
