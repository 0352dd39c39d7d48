from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signaling", "0001_initial")]

    operations = [
        migrations.RenameField("peer", "seated", "has_slot"),
        migrations.AlterField(
            "peer", "has_slot", models.BooleanField(default=False, help_text="may see the broadcast, rather than wait")
        ),
        migrations.AlterField(
            "peer", "room", models.CharField(max_length=100, help_text="the room in which it is told of the broadcast")
        ),
    ]
