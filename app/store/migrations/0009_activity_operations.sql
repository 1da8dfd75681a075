-- The operation that an entry is the end of, where it is one: that knows what was to be done.
ALTER TABLE activity ADD COLUMN operation_id INTEGER;
