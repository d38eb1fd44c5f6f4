"""Reading and writing records: the one path for each."""
