-- The end of the traceback that a crashing site wrote.
ALTER TABLE site_checks ADD COLUMN traceback TEXT NOT NULL DEFAULT '';
