-- Times are seconds since 1970 UTC. Booleans are 0 or 1.

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at REAL NOT NULL
) STRICT;

-- The cookie holds a signed random id; only its SHA-256 is kept here.
CREATE TABLE sessions (
  id_hash TEXT PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  created_at REAL NOT NULL,
  seen_at REAL NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  flash TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX sessions_by_user ON sessions(user_id);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  username TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Sites as last seen; `observed` is JSON of what only some hosts tell (pid, answer, last exit).
CREATE TABLE sites (
  account_id TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  domain_name TEXT NOT NULL,
  command TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  url TEXT NOT NULL,
  seen_at REAL NOT NULL,
  observed TEXT NOT NULL DEFAULT '{}',
  error_count INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, domain_name)
) STRICT;

-- Who did what, when, with which result. Only ever appended to.
CREATE TABLE activity (
  id INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  result TEXT NOT NULL
) STRICT;
