"""How the schema came to be what it is, step by step, on SQLite and PostgreSQL alike. Run by `storage.schema`."""
