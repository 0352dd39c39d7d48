"""Tells Django of this app."""

from django.apps import AppConfig


class RecordingsConfig(AppConfig):
    name = "recordings"
