from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shopping', '0006_unproven_participants'),
    ]

    operations = [
        migrations.AddField(
            model_name='participant',
            name='address_hash',
            field=models.CharField(blank=True, default='', editable=False, max_length=32),
        ),
    ]
