"""Google Merchant feeds in XML: RSS 2.0 or Atom, whose items carry Google's elements.

A document with a DOCTYPE is refused before anything of it is looked at, so it has no entities of its own: none that
grow, and none that name files.
"""

from collections.abc import Iterator
from xml.parsers import expat

from shopping.feeds.items import OPTIONS, Row, Unreadable
from shopping.feeds.tables import NAMES

MAX_DEPTH = 20  # elements in each other
MAX_TEXT = 60_000  # characters of one element
ITEMS = ("item", "entry")
CHUNK = 64 * 1024


class _Collector:
    """Hears what the parser finds, and keeps the rows until they are taken."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.hear
        self.parser.buffer_text = True
        self.depth, self.within = 0, 0  # `within` is the depth of the item that is read
        self.line, self.size = 0, 0
        self.said: dict[str, str] = {}
        self.options: list[tuple[str, str]] = []
        self.pieces: list[str] = []
        self.rows: list[Row] = []

    def refuse(self, *_: object) -> None:
        raise Unreadable("A feed must not have a DOCTYPE or entities of its own")

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"Elements stand in each other deeper than {MAX_DEPTH} levels")
        if not self.within and _local(name) in ITEMS:
            self.within, self.line = self.depth, self.parser.CurrentLineNumber
            self.said, self.options = {}, []
        elif self.within and self.depth == self.within + 1:
            self.pieces, self.size = [], 0
            if _local(name) == "link" and attributes.get("href"):
                self.pieces = [attributes["href"]]

    def hear(self, text: str) -> None:
        if self.within and self.depth == self.within + 1:
            self.size += len(text)
            if self.size <= MAX_TEXT:
                self.pieces.append(text)

    def end(self, name: str) -> None:
        local = _local(name).replace("_", " ")
        if self.within and self.depth == self.within + 1:
            text = "".join(self.pieces).strip()
            if local in OPTIONS:
                if text:
                    self.options.append((local.capitalize(), text))
            elif (known := NAMES.get(local)) and text and (known not in self.said or " " in name):
                self.said[known] = text
        elif self.depth == self.within:
            self.rows.append(Row(self.line, self.said, tuple(self.options)))
            self.within = 0
        self.depth -= 1


def rows(content: bytes) -> Iterator[Row]:
    """The items of a feed; their lines are those at which they begin. Raises Unreadable."""
    collector = _Collector()
    try:
        for begin in range(0, len(content), CHUNK):
            collector.parser.Parse(content[begin : begin + CHUNK], False)
            found, collector.rows = collector.rows, []
            yield from found
        collector.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(f"Line {error.lineno} is no XML: {expat.ErrorString(error.code)}") from None
    except (LookupError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("The XML is in an encoding that is not known") from None
    yield from collector.rows


def _local(name: str) -> str:
    return name.rpartition(" ")[2].lower()
