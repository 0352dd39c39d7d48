from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('realtime', '0004_log_origin'),
    ]

    operations = [
        migrations.AddField(
            model_name='presence',
            name='address',
            field=models.CharField(default='', help_text='its hash', max_length=32),
        ),
        migrations.AddField(
            model_name='presence',
            name='visitor',
            field=models.CharField(default='', help_text='the Identity key of their browser', max_length=80),
        ),
        migrations.AddField(
            model_name='restriction',
            name='address',
            field=models.CharField(blank=True, db_index=True, default='', help_text='its hash', max_length=32),
        ),
        migrations.AddField(
            model_name='restriction',
            name='address_until',
            field=models.DateTimeField(blank=True, help_text='so long it holds for the address', null=True),
        ),
        migrations.AddField(
            model_name='restriction',
            name='visitor',
            field=models.CharField(blank=True, db_index=True, default='', help_text="visitor:<id> of a user's browser", max_length=80),
        ),
        migrations.AlterField(
            model_name='restriction',
            name='identity',
            field=models.CharField(blank=True, default='', help_text='user:<id> or visitor:<id>', max_length=80),
        ),
        migrations.AlterField(
            model_name='restriction',
            name='kind',
            field=models.CharField(choices=[('mute', 'Mute'), ('ban', 'Ban')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='restriction',
            constraint=models.CheckConstraint(condition=models.Q(('address', ''), ('identity', ''), ('visitor', ''), _negated=True), name='restriction_of_somebody'),
        ),
    ]
