"""Where the client looks for the rule about addresses, which is kept with the models."""

from app.models import check_address as check_address
