"""Text of people runs its own way: each stands apart from the words around it, in whatever direction it is written."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = sorted(Path(settings.BASE_DIR, "storefront", "templates").rglob("*.html"))
FILLED = re.compile(
    r"<([a-z0-9]+)((?:[^<>{]|\{\{.*?\}\}|\{%.*?%\})*?\sdata-(?:name|text|about|summary|by)(?=[\s>]).*?)>"
)
WRITTEN = re.compile(r"\{\{\s*(?:\w+\.)*(?:username|title|description|name|text|about)(?:\|(?!initial)[^}]*)?\s*\}\}")
APART = re.compile(r'<bdi>|dir="auto"[^<>]*>')


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_what_people_write_stands_apart(template: Path) -> None:
    page = re.sub(
        r"\{% block title %\}.*?\{% endblock %\}|<title>.*?</title>|<textarea.*?</textarea>", "", template.read_text()
    )
    for tag, attributes in FILLED.findall(page):
        assert tag == "bdi" or 'dir="auto"' in attributes, f"<{tag}{attributes}>"
    for variable in WRITTEN.finditer(page):
        before = page[: variable.start()]
        is_attribute = before.rfind("<") > before.rfind(">")
        is_caption = re.search(r"(?:field|form)\.", variable[0]) is not None
        assert is_attribute or is_caption or APART.search(before[before.rfind("<") :]), variable[0]
