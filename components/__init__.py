"""Pure functions from data to FT: no request, no database, no clock."""
