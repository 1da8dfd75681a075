-- When Sitedeck last reloaded a site whose host does not say so itself; lists leave it as it is.
ALTER TABLE sites ADD COLUMN reloaded_at REAL;
