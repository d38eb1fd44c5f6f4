"""All definitions of all enabled modules, ordered and cross-checked."""
