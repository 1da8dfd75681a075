-- How many complete lists of its account in a row a site was not on.
ALTER TABLE sites ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
