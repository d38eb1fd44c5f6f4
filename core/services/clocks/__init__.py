"""Clocks of records: counted in saves, rung by timers, shown to people."""
