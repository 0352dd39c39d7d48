from django.db import migrations, models

from accounts import looks


def look_at_names(apps, schema_editor):
    users = apps.get_model('accounts', 'User').objects
    for user in users.only('username').iterator():
        users.filter(pk=user.pk).update(look=looks.look(user.username))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_ticket_proves_until'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='look',
            field=models.CharField(db_index=True, default='', editable=False, max_length=150),
        ),
        migrations.RunPython(look_at_names, migrations.RunPython.noop),
    ]
