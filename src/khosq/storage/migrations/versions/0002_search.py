"""What finds words in the texts of calls: FTS5 on SQLite, a vector with its index on Postgres."""

from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = (
    # The texts are words between spaces already; this tokenizer takes whatever is not ASCII as part of a word.
    "CREATE VIRTUAL TABLE call_words"
    " USING fts5(tenant_id, agent, others, content='call_texts', content_rowid='id', tokenize='ascii')",
    "CREATE TRIGGER call_words_added AFTER INSERT ON call_texts BEGIN"
    " INSERT INTO call_words(rowid, tenant_id, agent, others) VALUES (new.id, new.tenant_id, new.agent, new.others);"
    " END",
    "CREATE TRIGGER call_words_removed AFTER DELETE ON call_texts BEGIN"
    " INSERT INTO call_words(call_words, rowid, tenant_id, agent, others)"
    " VALUES ('delete', old.id, old.tenant_id, old.agent, old.others);"
    " END",
)
_POSTGRES = (
    "CREATE TABLE call_words ("
    " id BIGINT PRIMARY KEY REFERENCES call_texts (id) ON DELETE CASCADE,"
    " vector TSVECTOR NOT NULL)",
    "CREATE INDEX ix_call_words_vector ON call_words USING gin (vector)",
)


def upgrade() -> None:
    """Make it."""
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
