"""SQL and only SQL: tables, their queries, the two durable queues, read models and migrations; one noun, one file."""
