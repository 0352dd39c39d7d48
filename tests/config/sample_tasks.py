"""A background task for tests, which a worker in another process must be able to import."""

from django_tasks import task

from accounts.models import User


@task()
def rename(user_id: int, name: str) -> str:
    User.objects.filter(pk=user_id).update(username=name)
    return name
