"""`tresen bench jitter`: how well sound comes out of a playout buffer after a bad network, judged on the PCM, beside other receivers."""
