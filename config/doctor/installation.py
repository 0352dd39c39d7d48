"""What this installation is: its settings, its schema and static files, and whether its work is being done."""

import json
import resource
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from config.doctor import Finding, missing, note, ok, slow, unsafe
from realtime import periodic
from realtime.models import JobRun, Worker

LATE = timedelta(minutes=10)  # for which a job or a task may wait, for processes look once a minute and may be busy
DESCRIPTORS = 500  # that a process needs beside its connections: files, the database, Redis
ALWAYS = "realtime.W"  # the checks that are about speed


def configuration() -> Iterator[Finding]:
    """What `manage.py check --deploy` says."""
    if settings.DEBUG:
        yield unsafe("DEBUG is on: whoever can reach this server can sign in as anybody. Set DEBUG=0 in production.")
    found = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    for each in found:
        yield judged(each)
    if not found:
        yield ok("The settings fit together")


def judged(message: checks.CheckMessage) -> Finding:
    says = " ".join(filter(None, (str(message.msg), str(message.hint or ""), f"({message.id})")))
    if message.level >= checks.ERROR:
        return missing(says)
    if message.level < checks.WARNING:
        return note(says)
    return slow(says) if str(message.id).startswith(ALWAYS) else unsafe(says)


def origins() -> Iterator[Finding]:
    """Who may call this server from pages of their own, and under which names it answers."""
    for origin in settings.CORS_ORIGINS:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path):
            yield missing(
                f"CORS_ORIGINS has {origin!r}, which no page has: write scheme and host, https://shop.example."
            )
        elif parts.scheme == "http" and not settings.DEBUG:
            yield unsafe(f"CORS_ORIGINS lets {origin} in, whose pages anyone on their way can change: use https.")
    if not settings.CORS_ORIGINS:
        yield note(
            "No page of another origin may call this server, nor show its widget; CORS_ORIGINS names those that may."
        )
    elif "*" not in settings.CORS_ORIGINS:
        yield ok(f"Pages of {', '.join(settings.CORS_ORIGINS)} may call this server")
    host = urlsplit(settings.APP_URL).hostname
    if not settings.DEBUG and host is None:
        yield missing("Set APP_URL to the address that people open: links in invitations begin with it.")
    elif host and not any(allows(each, host) for each in settings.ALLOWED_HOSTS):
        yield missing(f"APP_URL is at {host}, which is not among ALLOWED_HOSTS: whoever opens it gets 400.")
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        yield unsafe("ALLOWED_HOSTS lets everything be this server's name: name its hosts, for links are made of them.")


def allows(pattern: str, host: str) -> bool:
    return pattern in ("*", host) or (pattern.startswith(".") and f".{host}".endswith(pattern))


def files() -> Iterator[Finding]:
    """Static files, and descriptors enough for the connections that are allowed."""
    if settings.DEBUG:
        yield ok("Static files come from the source")
    elif not staticfiles_storage.exists("staticfiles.json"):
        yield missing(f"{settings.STATIC_ROOT} has no static files: run manage.py collectstatic at each release.")
    else:
        yield from collected()
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if settings.MAX_CONNECTIONS and most != resource.RLIM_INFINITY and most < settings.MAX_CONNECTIONS + DESCRIPTORS:
        yield slow(
            f"A process may open {most} files, so it takes some {max(0, most - DESCRIPTORS)} connections and not"
            f" {settings.MAX_CONNECTIONS} (MAX_CONNECTIONS): raise LimitNOFILE of systemd, or ulimit -n."
        )


def collected() -> Iterator[Finding]:
    with staticfiles_storage.open("staticfiles.json") as file:
        names = json.load(file)["paths"]
    if "realtime/client.js" in names:
        yield ok(f"{len(names)} static files have been collected")
    else:
        yield missing(f"{settings.STATIC_ROOT} lacks files of this release: run manage.py collectstatic.")


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        first = f"{plan[0][0].app_label}.{plan[0][0].name}"
        yield missing(f"{len(plan)} migrations have not been applied, the first is {first}: run manage.py migrate.")
    elif ahead := set(executor.loader.applied_migrations) - set(executor.loader.graph.nodes):
        yield note(f"The database is of a later release: it has {len(ahead)} migrations that this one does not know.")
    else:
        yield ok("The schema is this release's")


def duties() -> Iterator[Finding]:
    """Whether somebody serves, cleans up and does the background tasks."""
    if not has_table(JobRun):
        return
    yield note(f"{Worker.objects.alive().count()} serving processes have a heartbeat")
    now, runs = timezone.now(), {run.name: run for run in JobRun.objects.all()}
    late = [job for job in periodic.jobs() if is_late(runs.get(job.name), now)]
    if len(late) == len(periodic.jobs()):
        yield missing(
            "Nobody runs the periodic duties: serve with RUN_JOBS=1, or keep manage.py tick --forever running."
        )
    elif late:
        names = ", ".join(job.name for job in late)
        yield slow(f"These duties are late or fail, see the log of those who run them: {names}.")
    else:
        yield ok(f"All {len(periodic.jobs())} periodic duties have run when they were due")
    yield from tasks(now)


def is_late(run: JobRun | None, now: Any) -> bool:
    return run is None or max(run.due_at, run.leased_until) + LATE < now


def tasks(now: Any) -> Iterator[Finding]:
    if "django_tasks_db" not in settings.TASKS["default"]["BACKEND"]:
        return
    waiting = DBTaskResult.objects.ready().filter(enqueued_at__lt=now - LATE, run_after__lt=now - LATE).count()
    if waiting:
        yield missing(f"{waiting} background tasks have waited for long: keep manage.py db_worker running.")
    else:
        yield ok("No background task waits for long")


def has_table(model: Any) -> bool:
    return model._meta.db_table in connection.introspection.table_names()
