"""The jobs of the whole installation, and how often each runs: what would otherwise stand in a crontab."""

from datetime import timedelta

from accounts.models import User
from realtime import periodic, rooms
from shopping.models import ShoppingSession

DAILY = timedelta(days=1)

periodic.every(DAILY, rooms.prune, "prune-rooms")
periodic.every(DAILY, User.objects.prune_all_credentials, "prune-accounts")
periodic.every(timedelta(minutes=5), ShoppingSession.objects.end_expired, "end-parties")
periodic.every(DAILY, ShoppingSession.objects.delete_ended, "delete-parties")
