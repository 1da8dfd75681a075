"""The reverse proxy of the local host: an asyncio protocol on httptools, one concept a module."""
