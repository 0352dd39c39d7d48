"""The function with which a transaction finds out that a row that it relies on has changed (storage/cached_rows.py).

It raises an SQLSTATE of our own: classes that begin with I to Z are free for applications, and PostgreSQL uses no V.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CREATE = """
CREATE OR REPLACE FUNCTION realtime_check_version(is_unchanged boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_unchanged THEN
        RAISE EXCEPTION 'a row has changed since it was read' USING ERRCODE = 'VT001';
    END IF;
END
$$
"""
DROP = "DROP FUNCTION IF EXISTS realtime_check_version(boolean)"


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("realtime", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
