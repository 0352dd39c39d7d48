from django.db import migrations, models

import streams.models.rules


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0010_hosts_and_shop_calls'),
    ]

    operations = [
        migrations.AddField(
            model_name='chatmessage',
            name='address',
            field=models.CharField(blank=True, default='', editable=False, help_text='its hash', max_length=32),
        ),
        migrations.AddField(
            model_name='stream',
            name='account_minutes',
            field=models.PositiveIntegerField(default=0, help_text='how old an account must be to take part; 0 is any, and guests where they may write'),
        ),
        migrations.AddField(
            model_name='stream',
            name='reaction_kinds',
            field=models.JSONField(blank=True, default=streams.models.rules.reaction_kinds, help_text='how viewers may react'),
        ),
        migrations.AddConstraint(
            model_name='stream',
            constraint=models.CheckConstraint(condition=models.Q(('account_minutes__lte', 525600)), name='stream_account_minutes'),
        ),
    ]
