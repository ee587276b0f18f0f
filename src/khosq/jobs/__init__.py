"""Jobs: recordings on their way to a transcript, durable in the database."""
