"""Mixing as rooms see it: who hears whom (`matrix`), what is played (`clips`), and the books that give the worker its commands (`mixer`).

Sound itself is native/audio's; the calls are `mediaserver.conference`'s.
"""
