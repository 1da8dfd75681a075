-- How many complete lists of its account in a row a site was not on.
ALTER TABLE sites ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
-- Whether anybody has counted the errors yet: a remote log may not have been read.
ALTER TABLE sites ADD COLUMN is_counted INTEGER NOT NULL DEFAULT 0;
