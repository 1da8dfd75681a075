"""The API of the local host: PythonAnywhere's websites and files calls, and a few of our own."""
