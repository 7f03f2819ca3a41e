"""Sound: float samples at 48 kHz, between -1 and 1. Playing a packet stream out evenly, mixing, levels, Opus."""
