"""Other programs' catalogues: what a file or an answer says of products. Nothing here knows the database."""
