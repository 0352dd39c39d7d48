"""The words that misspelled ones are compared with: they go when nothing has them any more."""

from django.db import connection

from search.models import Word

AT_ONCE = 1_000  # words that one statement looks for


def prune() -> int:
    """Forgets the words that no show or product has any longer; returns how many."""
    if connection.vendor != "postgresql":
        return 0
    pruned, last = 0, 0
    with connection.cursor() as cursor:
        while ids := list(Word.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
            cursor.execute(
                "DELETE FROM search_word AS gone WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM shopping_product "
                "WHERE search_vector @@ to_tsquery('search_words', gone.word)) AND NOT EXISTS (SELECT FROM "
                "streams_stream WHERE search_vector @@ to_tsquery('search_words', gone.word))",
                [ids],
            )
            pruned, last = pruned + cursor.rowcount, ids[-1]
    return pruned
