-- What the host last said of a custom domain's certificate (`read_at`), and when it was last asked
-- (`tried_at`) with which `failure`. Without a certificate, `is_present` is 0 and the rest is empty.
CREATE TABLE site_certificates (
  account_id TEXT NOT NULL,
  domain_name TEXT NOT NULL,
  read_at REAL,
  tried_at REAL NOT NULL,
  failure TEXT NOT NULL DEFAULT '',
  is_present INTEGER NOT NULL DEFAULT 0,
  expires_at REAL,
  issuer TEXT NOT NULL DEFAULT '',
  subject TEXT NOT NULL DEFAULT '',
  names TEXT NOT NULL DEFAULT '[]',
  certificate_kind TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, domain_name),
  FOREIGN KEY (account_id, domain_name) REFERENCES sites(account_id, domain_name) ON DELETE CASCADE
) STRICT;
