"""Kills a real server again and again during a storm of messages, cart operations and orders, and looks at what is left.

    python -m bench.crash --kills 300 --database sqlite
    python -m bench.crash --kills 300 --database postgresql

`zygote` starts servers quickly, `program` drives one, `storm` is its customers, `verdict` what must hold afterwards. The tests run a few
kills.
"""
