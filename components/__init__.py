"""Pure functions from data to FT: no request, no database, no clock."""

from fasthtml.core import fh_cfg

# Fragments are smaller flat, and a button that sends its id as a field would be an unknown field.
fh_cfg.indent = False
fh_cfg.auto_name = False
