"""Whoever has a show may present it: until now nobody was asked for the role."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_owners_creators(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    owners = apps.get_model("streams", "Stream").objects.values("creator")
    apps.get_model("accounts", "User").objects.filter(role="viewer", pk__in=owners).update(role="creator")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_creator_requests"),
        ("streams", "0005_order_and_quality"),
    ]

    operations = [migrations.RunPython(make_owners_creators, migrations.RunPython.noop)]
