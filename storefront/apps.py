"""Tells Django of this app."""

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "storefront"
