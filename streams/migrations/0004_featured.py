from django.db import migrations, models


class Migration(migrations.Migration):
    """What is featured was called headlined. Events in the log keep their tag; see `realtime.events`."""

    dependencies = [("streams", "0003_like_operations")]

    operations = [
        migrations.RemoveConstraint("stream", "stream_headlined"),
        migrations.RenameField("stream", "headlined", "featured"),
        migrations.AddConstraint(
            "stream",
            models.UniqueConstraint(
                fields=["featured"], condition=models.Q(featured=True), name="stream_featured"
            ),
        ),
    ]
