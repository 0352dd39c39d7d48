"""What happens to recordings and others may want to know; sent inside the transaction that made it happen."""

from django.dispatch import Signal

recording_finished = Signal()  # recording: its audio can be listened to from the commit on
