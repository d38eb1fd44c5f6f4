"""What an author did wrong, where, and how it is shown."""
