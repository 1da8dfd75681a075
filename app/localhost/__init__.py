"""The local host: a daemon that runs sites on this machine and speaks PythonAnywhere's API."""
