"""Who may do what: the ASGI layers around the routes, passwords, sessions and roles."""
