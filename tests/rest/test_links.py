"""No address that a person gives can run in a page, whichever door it comes through."""

import pytest
from django.core.exceptions import ValidationError

from rest import links
from shopping.admin import ProductForm
from shopping.models import Product
from streams.models import Stream
from tests import factories

HARMFUL = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "//elsewhere.example/a",
    "/\\elsewhere.example/a",
    "/\t/elsewhere.example/a",
    "https://a.example/\njavascript:alert(1)",
    "blob:https://a.example/1",
    "file:///etc/passwd",
]
harmful = pytest.mark.parametrize("address", HARMFUL, ids=ascii)


@harmful
def test_a_harmful_address_is_refused(address: str) -> None:
    for validate in (links.validate_picture, links.validate_stream, links.validate_stream_or_word):
        with pytest.raises(ValidationError):
            validate(address)


@pytest.mark.parametrize("address", ["https://a.example/p.jpg", "HTTP://a.example", "/static/a b.svg"])
def test_a_picture_is_here_or_on_the_web(address: str) -> None:
    links.validate_picture(address)


@pytest.mark.parametrize(
    "address", ["rtmp://a.example/in", "srt://a.example:9000", "https://a.example/i.m3u8", "/hls/a"]
)
def test_a_stream_has_a_scheme_of_streams(address: str) -> None:
    links.validate_stream(address)
    links.validate_stream_or_word(address)
    links.validate_stream_or_word("webrtc")


@pytest.mark.django_db
@harmful
def test_the_models_and_so_the_admins_forms_refuse_it(address: str) -> None:
    creator = factories.user("creator")
    product = Product(seller=creator, name="A", description="B", price_minor=1, image_url=address)
    with pytest.raises(ValidationError, match="It must begin with"):
        product.full_clean()
    stream = Stream(creator=creator, title="A", stream_url=address)
    with pytest.raises(ValidationError, match="It must begin with"):
        stream.full_clean()


@pytest.mark.django_db
def test_the_admins_form_of_a_product_says_why() -> None:
    form = ProductForm({"name": "A", "description": "B", "price": "1", "image_url": "javascript:alert(1)"})
    assert form.errors["image_url"] == ["It must begin with http://, https:// or /"]


@pytest.mark.django_db
@harmful
def test_rest_refuses_it(address: str) -> None:
    client = factories.client(factories.user("creator"))
    product = {"name": "A", "description": "B", "price": 1, "category": "C", "imageUrl": address}
    assert client.post("/api/products", product).status_code == 400
    assert client.post("/api/sessions", {"title": "A", "streamUrl": address}).status_code == 400
    assert not Product.objects.exists()
    assert not Stream.objects.exists()
