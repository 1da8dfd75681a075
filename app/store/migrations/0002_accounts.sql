-- Accounts with a credential: `token` is a ciphertext of the vault, never the token itself.

ALTER TABLE accounts ADD COLUMN api_host TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN token TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN token_end TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX accounts_by_login ON accounts(api_host, username);
CREATE INDEX activity_by_target ON activity(target, id);
