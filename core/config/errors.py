"""What is raised for a setting that cannot be used; the command line prints it."""


class ConfigError(Exception):
    """A setting that cannot be used; the message says which, why and what to write."""
