"""Work that runs outside a request: events, timers, retries."""
