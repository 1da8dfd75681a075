-- What asking a site's own address came to, and what it is waited for after a click (`pending`).
CREATE TABLE site_checks (
  account_id TEXT NOT NULL,
  domain_name TEXT NOT NULL,
  checked_at REAL,
  status INTEGER,
  seconds REAL,
  problem TEXT NOT NULL DEFAULT '',
  failures INTEGER NOT NULL DEFAULT 0,
  pending TEXT NOT NULL DEFAULT '',
  -- The first answer after the last click, and how long it took from that on.
  first_status INTEGER,
  first_seconds REAL,
  PRIMARY KEY (account_id, domain_name),
  FOREIGN KEY (account_id, domain_name) REFERENCES sites(account_id, domain_name) ON DELETE CASCADE
) STRICT;

-- Seconds between two checks of a site of this account; 0: never.
ALTER TABLE accounts ADD COLUMN check_seconds INTEGER NOT NULL DEFAULT 300;
