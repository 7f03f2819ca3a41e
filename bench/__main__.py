"""`python -m bench`: the same as `tresen bench`."""

from bench.cli import main

main()
