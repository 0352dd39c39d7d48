"""What a transaction writes, and how it gets into the database: transactions, the outbox, SQL, cached rows."""
