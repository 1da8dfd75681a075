-- The journal: what is being done to sites, written before the first call to a host. Accounts come
-- and go without it: it refers to none of their rows. `old_spec` and `new_spec` are JSON.

CREATE TABLE operations (
  id INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  login TEXT NOT NULL,
  domain_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  old_spec TEXT,
  new_spec TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at REAL,
  note TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  without_since REAL,
  without_seconds REAL,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  entered_at REAL NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  session_id TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX operations_open ON operations(account_id, domain_name) WHERE is_open = 1;
CREATE INDEX operations_by_site ON operations(account_id, domain_name, id);
