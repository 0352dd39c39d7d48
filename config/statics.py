"""Static files as production serves them: compressed, under names that change with their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    # Else scripts import each other by their plain names, and a browser mixes this release with one it has kept.
    support_js_module_import_aggregation = True
    max_post_process_passes = 12  # one for each floor of scripts that import each other, at most
