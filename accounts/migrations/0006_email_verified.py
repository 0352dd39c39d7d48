from typing import Any

from django.db import migrations, models


def trust_known_addresses(apps: Any, schema_editor: Any) -> None:
    """Who had an account before was mailed at its address, and still is."""
    apps.get_model("accounts", "User").objects.update(email_verified=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_user_look")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_verified",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="whoever has the account reads the mail of its address",
            ),
        ),
        migrations.RunPython(trust_known_addresses, migrations.RunPython.noop),
    ]
