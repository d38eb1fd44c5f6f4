"""The registry turned into tables, schemas, rules and access maps."""
