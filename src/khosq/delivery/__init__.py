"""Telling tenants' servers what happened: an outbox, durable tries, each API's own wording."""
