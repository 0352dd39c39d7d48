"""Notes and transcripts are sealed under their recording's key, as its events and audio are."""

import django.db.models.deletion
import msgspec
from django.db import migrations, models

from recordings import compression, sealing


def seal(apps, schema_editor):
    """Seals what stands in the clear. What is left of deleted recordings has no key any more and goes."""
    alias = schema_editor.connection.alias
    recordings = apps.get_model("recordings", "Recording").objects.using(alias)
    notes = apps.get_model("recordings", "Note").objects.using(alias)
    passages = apps.get_model("recordings", "TranscriptPassage").objects.using(alias)
    sealed = apps.get_model("recordings", "TrackTranscript").objects.using(alias)
    for rows in (notes, passages):
        rows.filter(recording__removed_at__isnull=False).delete()
    noted = set(notes.values_list("recording", flat=True)) | set(passages.values_list("recording", flat=True))
    for recording in recordings.filter(pk__in=noted):
        key = sealing.unwrap(bytes(recording.wrapped_key), recording.pk) if recording.wrapped_key else b""
        box = sealing.Box(key)
        for note in notes.filter(recording=recording):
            data = box.seal(note.text.encode(), f"{recording.pk}/notes/{note.at_ms}")
            notes.filter(pk=note.pk).update(data=data)
        said = {}
        for passage in passages.filter(recording=recording).order_by("start_ms", "pk"):
            said.setdefault(passage.track_id, []).append((passage.start_ms, passage.end_ms, passage.text))
        for track in recording.tracks.filter(pk__in=said):
            plain = compression.compress(msgspec.json.encode(said[track.pk]))
            data = box.seal(plain, f"{recording.pk}/transcript/{track.part}")
            sealed.create(recording=recording, track=track, data=data)


class Migration(migrations.Migration):
    dependencies = [("recordings", "0002_outline_transcript")]

    operations = [
        migrations.CreateModel(
            name="TrackTranscript",
            fields=[
                (
                    "track",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="transcript",
                        serialize=False,
                        to="recordings.audiotrack",
                    ),
                ),
                ("data", models.BinaryField()),
                (
                    "recording",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transcribed",
                        to="recordings.recording",
                    ),
                ),
            ],
        ),
        migrations.AddField("note", "data", models.BinaryField(default=b""), preserve_default=False),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RemoveField("note", "text"),
        migrations.DeleteModel("TranscriptPassage"),
    ]
