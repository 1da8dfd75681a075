"""The logs of remote accounts, copied here while they are watched. Only this imports hosting."""
