from typing import Any

from django.db import migrations, models


def take_out(apps: Any, schema_editor: Any) -> None:
    """Until now the show's id stood among what a session's creator says of it."""
    for session in apps.get_model("shopping", "ShoppingSession").objects.filter(metadata__has_key="showId"):
        session.show_id = session.metadata.pop("showId")
        session.save(update_fields=["show_id", "metadata"])


class Migration(migrations.Migration):

    dependencies = [
        ('shopping', '0002_parties'),
    ]

    operations = [
        migrations.AddField(
            model_name='shoppingsession',
            name='show_id',
            field=models.CharField(blank=True, default='', help_text='the show that it belongs to', max_length=36),
        ),
        migrations.AlterField(
            model_name='shoppingsession',
            name='metadata',
            field=models.JSONField(blank=True, default=dict, help_text='what its creator says of it'),
        ),
        migrations.RunPython(take_out, migrations.RunPython.noop),
    ]
