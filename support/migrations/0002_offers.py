import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import support.models.offer


class Migration(migrations.Migration):
    dependencies = [
        ("shopping", "0006_unproven_participants"),
        ("signaling", "0003_broadcasters_grace"),
        ("streams", "0010_hosts_and_shop_calls"),
        ("support", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="supportmessage",
            name="support_message_kind",
        ),
        migrations.AddField(
            model_name="conversation",
            name="line",
            field=models.ForeignKey(
                blank=True,
                help_text="from which it was made",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="streams.chatmessage",
            ),
        ),
        migrations.AddField(
            model_name="supportmessage",
            name="inbox_seq",
            field=models.BigIntegerField(default=0, editable=False, help_text="0: not told to Wrencos admins"),
        ),
        migrations.AddField(
            model_name="supportmessage",
            name="shown",
            field=models.ForeignKey(
                blank=True,
                help_text="which shows it in the show",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="streams.chatmessage",
            ),
        ),
        migrations.AlterField(
            model_name="supportmessage",
            name="kind",
            field=models.CharField(
                choices=[("customer", "Customer"), ("staff", "Staff"), ("note", "Note"), ("offer", "Offer")],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="closed_to_guest",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="they started over on their browser: only a mail's link opens it",
            ),
        ),
        migrations.AddIndex(
            model_name="supportmessage",
            index=models.Index(
                condition=models.Q(("inbox_seq__gt", 0)), fields=["inbox_seq"], name="support_told_inbox"
            ),
        ),
        migrations.CreateModel(
            name="AdminPosition",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("told_seq", models.BigIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="supportmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["customer", "staff", "note", "offer"])), name="support_message_kind"
            ),
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("call", "Call"), ("party", "Party")], max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("expired", "Expired"),
                        ],
                        default="offered",
                        max_length=10,
                    ),
                ),
                (
                    "handle",
                    models.CharField(
                        blank=True, default="", help_text="as whom the customer sits at the match", max_length=128
                    ),
                ),
                ("expires_at", models.DateTimeField(db_index=True, default=support.models.offer.overdue_at)),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, help_text="when the call or the party was over", null=True),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="signaling.call",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offers", to="support.conversation"
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="signaling.match",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offer", to="support.supportmessage"
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="shopping.shoppingsession",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "offered")),
                        fields=("conversation",),
                        name="support_offer_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["call", "party"])), name="support_offer_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["offered", "accepted", "declined", "expired"])),
                        name="support_offer_state",
                    ),
                ],
            },
        ),
    ]
