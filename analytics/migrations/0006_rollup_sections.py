"""A roll-up keeps each section with marks of its own. What was kept before has none, and is counted anew when read."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_replayclick")]

    operations = [
        migrations.AddField("rollup", "marks", models.JSONField(default=dict)),
        # Whoever listens was told of the shows that have been counted before.
        migrations.AddField(
            "rollup",
            "told",
            models.BooleanField(default=True, help_text="others were told the show's summary"),
        ),
        migrations.AlterField(
            "rollup",
            "told",
            models.BooleanField(default=False, help_text="others were told the show's summary"),
        ),
        migrations.AlterField(
            "rollup",
            "at",
            models.DateTimeField(db_default=Now(), help_text="what the views say is as of then"),
        ),
        migrations.AlterField("rollup", "figures", models.JSONField(default=dict)),
        migrations.RemoveField("rollup", "views"),
    ]
