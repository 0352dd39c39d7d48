"""What happens to recordings and others may want to know; sent inside the transaction that made it happen."""

from django.dispatch import Signal

keys_rewrapped = Signal()  # dry_run: the keys of what else is sealed are to be wrapped by the first of RECORDINGS_KEY
recording_finished = Signal()  # recording: its audio can be listened to from the commit on
