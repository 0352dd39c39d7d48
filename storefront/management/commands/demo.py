"""Dresses an empty shop, so that whoever starts it for the first time sees a live show and can try every role."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.identity import Identity, new_visitor
from accounts.models import User
from realtime import event_log
from shopping.models import Product
from storefront.demo_accounts import ACCOUNTS, password_of
from streams.models import ChatMessage, Stream

SHOP = "https://example.com/"  # where "Buy" leads


class Ware(NamedTuple):
    picture: str
    name: str
    category: str
    price: str
    description: str
    before: str | None = None
    in_stock: bool = True
    colours: tuple[tuple[str, int], ...] = ()  # each with how many there are of it


WARES = [
    Ware(
        "stool",
        "Oak stool",
        "Furniture",
        "140.00",
        "Solid oak, oiled by hand. Carries a reader, a plant or a stack of books.",
    ),
    Ware(
        "clock",
        "Quiet clock",
        "Home",
        "52.00",
        "A wall clock whose second hand glides instead of ticking.",
        in_stock=False,
    ),
    Ware(
        "throw",
        "Wool throw",
        "Textiles",
        "95.00",
        "Lambswool from a small mill, 130 by 190 cm. Warmer than it looks.",
        before="120.00",
        colours=(("Plum", 7), ("Moss", 3), ("Chalk", 0)),
    ),
    Ware("candle", "Beeswax candle", "Light", "18.50", "Pure beeswax with a cotton wick. Burns for about forty hours."),
    Ware("vase", "Bud vase", "Table", "34.00", "For one branch or three stems. Thrown and glazed in blue."),
    Ware(
        "lamp",
        "Paper table lamp",
        "Light",
        "89.00",
        "A shade of folded paper on turned walnut. The bulb is included.",
        before="110.00",
    ),
    Ware("teapot", "Stoneware teapot", "Table", "68.00", "Holds 0.9 litres and pours without a drop beside the cup."),
    Ware("mug", "Speckled mug", "Table", "24.00", "Stoneware, dipped in green. Each one comes out a little different."),
]

PAST_CHAT = [
    ("viewer", "Is the throw itchy?"),
    ("creator", "Not at all: it is lambswool, and washed twice before it leaves the mill."),
    ("", "Ordered one last winter. The cat owns it now."),
    ("creator", "That is the review we print on the box."),
]
LIVE_CHAT = [
    ("creator", "Welcome! The teapot comes first, then the mugs."),
    ("viewer", "Good evening from Lisbon"),
    ("", "Does the teapot survive a dishwasher?"),
]


class Command(BaseCommand):
    help = "Fills an empty shop with accounts, products and shows to try it with; does nothing where they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="even without DEBUG: its passwords are known to all")

    def handle(self, *args: Any, force: bool = False, verbosity: int = 1, **options: Any) -> None:
        if not settings.DEBUG and not force:
            raise CommandError("The passwords of the demo accounts are known to all: run this with DEBUG=1 or --force.")
        if not User.objects.named("creator").exists():
            with event_log.transaction():
                dress()
        if not verbosity:
            return
        self.stdout.write("Demo accounts and their passwords:")
        for username in ACCOUNTS:
            self.stdout.write(f"  {username:<10} {password_of(username)}")


def dress() -> None:
    for username, (role, _) in ACCOUNTS.items():
        if not User.objects.named(username).exists():
            User.objects.create_user(username, f"{username}@example.com", password_of(username), role)
    creator = User.objects.named("creator").get()
    wares = {ware.picture: offer(creator, ware) for ware in WARES}

    past = schedule(
        creator, "Wool week", "Throws and blankets, and how to wash them.", "Textiles", wares, "throw stool"
    )
    past.start()
    say(past, PAST_CHAT)
    past.end()

    schedule(
        creator, "Light for long evenings", "Candles, lamps and where to put them.", "Light", wares, "candle lamp clock"
    )

    about = "Pots, mugs and the lamp everyone asked about. Ask anything: we try it out on the table."
    live = schedule(creator, "An evening at the pottery", about, "Table", wares, "teapot mug vase lamp stool")
    live.start()
    say(live, LIVE_CHAT)
    live.showcase(wares["teapot"].pk)


def offer(seller: User, ware: Ware) -> Product:
    return Product.objects.offer(
        seller,
        name=ware.name,
        category=ware.category,
        description=ware.description,
        price=Decimal(ware.price),
        original_price=Decimal(ware.before) if ware.before else None,
        in_stock=ware.in_stock,
        image_url=f"{settings.STATIC_URL}storefront/demo/{ware.picture}.svg",
        sku=ware.picture.upper(),
        url=f"{SHOP}{ware.picture}",
        variants=[
            {"options": [("Colour", colour)], "sku": f"{ware.picture}-{colour}".upper(), "stock": stock}
            for colour, stock in ware.colours
        ],
    )


def schedule(
    creator: User, title: str, description: str, category: str, wares: dict[str, Product], pictures: str
) -> Stream:
    products = [wares[picture].pk for picture in pictures.split()]
    return Stream.objects.schedule(creator, products, title=title, description=description, category=category)


def say(stream: Stream, lines: list[tuple[str, str]]) -> None:
    """Each line as the user of that name, or as a guest."""
    guest = Identity(None, new_visitor()[0], label="Guest")
    for username, text in lines:
        speaker = Identity(User.objects.named(username).get(), "") if username else guest
        ChatMessage.objects.post(stream.pk, speaker, text)
