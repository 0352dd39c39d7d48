from django.conf import settings
from django.db import migrations

from search import index


def build(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        index.build(schema_editor.connection, settings.SEARCH_LANGUAGE)


def dismantle(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        index.dismantle(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial"), ("accounts", "0005_user_look")]

    operations = [migrations.RunPython(build, dismantle)]
