"""A `native.engine.worker.Worker` without thread and socket: writes every command down, and gives the events a test puts in.

It also keeps the books a real one would: opened ids are new, objects belong to open transports, consumers attach to open producers
of their transport's worker; a command that breaks this fails the test at once. Of mixers it knows who hears what, and who ever did.
"""

import os
from typing import Any, ClassVar


class FakeWorker:
    features: ClassVar = {"gso": "fake", "gro": "fake", "crypto": "fake", "ipv6": "fake"}

    def __init__(self, host: str = "::", port: int = 0) -> None:
        self.host = host
        self.port = port or 40000
        self.commands: list[tuple[Any, ...]] = []
        self.used: set[int] = set()
        self.transports: dict[int, dict[str, Any]] = {}
        self.producers: dict[int, dict[str, Any]] = {}
        self.consumers: dict[int, dict[str, Any]] = {}
        self.attached: dict[int, int] = {}  # consumer -> producer
        self.mixers: dict[int, dict[str, Any]] = {}
        self.clips: dict[int, bytes] = {}
        self.voices: dict[int, dict[str, Any]] = {}
        self.listeners: dict[int, dict[str, Any]] = {}
        self.entries: dict[tuple[int, int], float] = {}  # (listener, voice) -> gain
        self.audible: set[tuple[int, str, int]] = set()  # (consumer, "producer" or "clip", id) that have been heard at any moment
        self.running = False
        self.fail_next = ""
        self._events: list[tuple[Any, ...]] = []
        self._event_fd = os.eventfd(0, os.EFD_NONBLOCK)

    # What a test does.

    def inject(self, *events: tuple[Any, ...]) -> None:
        self._events += events
        os.eventfd_write(self._event_fd, 1)

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [command for command in self.commands if command[0] == name]

    def hears(self, consumer_id: int) -> dict[tuple[str, int], float]:
        """What a consumer's listener hears now: gains above 0 by ("producer", id) or ("clip", id)."""
        for listener_id, listener in self.listeners.items():
            if listener["consumer"] == consumer_id:
                gains: dict[tuple[str, int], float] = {}
                for voice_id, voice in self.voices.items():
                    gain = self.entries.get((listener_id, voice_id), listener["gain"] * voice["gain"])
                    if gain and voice_id != listener["own_voice_id"]:
                        gains[voice["of"]] = gains.get(voice["of"], 0.0) + gain
                return gains
        return {}

    def listening(self, consumer_id: int) -> bool:
        """Whether a consumer carries a mix."""
        return any(listener["consumer"] == consumer_id for listener in self.listeners.values())

    # What the control plane does.

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        if self._event_fd >= 0:
            os.close(self._event_fd)
            self._event_fd = -1
        self.running = False

    def fileno(self) -> int:
        return self._event_fd

    def events(self) -> list[tuple[Any, ...]]:
        os.eventfd_read(self._event_fd)
        taken, self._events = self._events[:1024], self._events[1024:]
        return taken

    def counters(self) -> dict[str, int]:
        return {"packets_received": 0}

    def _note(self, name: str, *arguments: Any) -> None:
        if self.fail_next == name:
            self.fail_next = ""
            raise ValueError(f"{name} was told to fail")
        self.commands.append((name, *arguments))

    def _listen(self) -> None:
        """Writes down who hears what at this moment."""
        for listener in self.listeners.values():
            self.audible |= {(listener["consumer"], *source) for source in self.hears(listener["consumer"])}

    def _new(self, object_id: int) -> None:
        assert object_id > 0 and object_id not in self.used, "ids are given once"
        self.used.add(object_id)

    def transport_open(self, transport_id: int, **ice: Any) -> None:
        self._note("transport_open", transport_id)
        self._new(transport_id)
        self.transports[transport_id] = ice

    def transport_restart(self, transport_id: int, **ice: Any) -> None:
        self._note("transport_restart", transport_id)
        self.transports[transport_id] |= ice

    def transport_extensions(self, transport_id: int, extensions: dict[str, int]) -> None:
        self._note("transport_extensions", transport_id, dict(extensions))

    def transport_dtls(self, transport_id: int, datagram: bytes) -> None:
        self._note("transport_dtls", transport_id, datagram)

    def transport_keys(self, transport_id: int, profile: int, send_key: bytes, receive_key: bytes) -> None:
        self._note("transport_keys", transport_id, profile, send_key, receive_key)

    def transport_close(self, transport_id: int) -> None:
        self._note("transport_close", transport_id)
        del self.transports[transport_id]
        for producer_id in [each for each, what in self.producers.items() if what["transport"] == transport_id]:
            assert producer_id not in self.attached.values(), "consumers move away before their producer is closed"
            assert all(voice["of"] != ("producer", producer_id) for voice in self.voices.values()), "its voice is closed before"
            del self.producers[producer_id]
        for consumer_id in [each for each, what in self.consumers.items() if what["transport"] == transport_id]:
            del self.consumers[consumer_id]
            self.attached.pop(consumer_id, None)
            assert not self.listening(consumer_id), "its listener is closed before"

    def transport_stats(self, transport_id: int, request_id: int) -> None:
        self._note("transport_stats", transport_id, request_id)
        self.inject(("stats", request_id, {"transport": transport_id}))

    def producer_open(self, producer_id: int, transport_id: int, kind: int, mid: str, codecs: list[Any], **options: Any) -> None:
        self._note("producer_open", producer_id)
        self._new(producer_id)
        assert transport_id in self.transports
        self.producers[producer_id] = {"transport": transport_id, "kind": kind, "mid": mid, "codecs": codecs, **options}

    def consumer_open(
        self, consumer_id: int, transport_id: int, kind: int, mid: str, ssrc: int, rtx_ssrc: int, codecs: list[Any], **options: Any
    ) -> None:
        self._note("consumer_open", consumer_id)
        self._new(consumer_id)
        assert transport_id in self.transports
        self.consumers[consumer_id] = {
            "transport": transport_id, "kind": kind, "mid": mid, "ssrc": ssrc, "rtx_ssrc": rtx_ssrc, "codecs": codecs, **options
        }  # fmt: skip

    def consumer_attach(self, consumer_id: int, producer_id: int, *, payload_type: int = 0) -> None:
        self._note("consumer_attach", consumer_id, producer_id, payload_type)
        consumer, producer = self.consumers[consumer_id], self.producers[producer_id]
        assert not self.listening(consumer_id), "a slot has one source at a time"
        assert consumer["kind"] == producer["kind"]
        known = {codec[0]: codec[1] for codec in consumer["codecs"]}
        assert known[payload_type] == producer["codecs"][0][1], "the payload type stands for the producer's codec"
        self.attached[consumer_id] = producer_id

    def consumer_close(self, consumer_id: int) -> None:
        self._note("consumer_close", consumer_id)
        del self.consumers[consumer_id]
        self.attached.pop(consumer_id, None)

    def consumer_detach(self, consumer_id: int) -> None:
        self._note("consumer_detach", consumer_id)
        del self.attached[consumer_id]

    # Mixing.

    def mixer_open(self, mixer_id: int, **options: Any) -> None:
        self._note("mixer_open", mixer_id)
        self._new(mixer_id)
        self.mixers[mixer_id] = options

    def mixer_set(self, mixer_id: int, **options: Any) -> None:
        self._note("mixer_set", mixer_id)
        self.mixers[mixer_id] |= options

    def mixer_close(self, mixer_id: int) -> None:
        self._note("mixer_close", mixer_id)
        del self.mixers[mixer_id]
        left = [*self.voices.values(), *self.listeners.values()]
        assert all(each["mixer"] != mixer_id for each in left), "voices and listeners are closed before"

    def mixer_stats(self, mixer_id: int, request_id: int) -> None:
        self._note("mixer_stats", mixer_id, request_id)
        self.inject(("stats", request_id, {"listeners": len(self.listeners)}))

    def clip_load(self, clip_id: int, samples: bytes) -> None:
        self._note("clip_load", clip_id)
        self._new(clip_id)
        self.clips[clip_id] = samples

    def clip_free(self, clip_id: int) -> None:
        self._note("clip_free", clip_id)
        del self.clips[clip_id]
        assert all(voice["of"] != ("clip", clip_id) for voice in self.voices.values()), "its players are closed before"

    def voice_open(
        self, voice_id: int, mixer_id: int, *, producer_id: int = 0, clip_id: int = 0, loop: bool = False, gain: float = 1.0, **options: Any
    ) -> None:
        self._note("voice_open", voice_id, producer_id, clip_id)
        self._new(voice_id)
        assert mixer_id in self.mixers and (producer_id in self.producers) != (clip_id in self.clips)
        assert not producer_id or self.producers[producer_id]["kind"] == 1
        of = ("producer", producer_id) if producer_id else ("clip", clip_id)
        self.voices[voice_id] = {"mixer": mixer_id, "of": of, "loop": loop, "gain": gain, **options}
        self._listen()

    def voice_set(self, voice_id: int, *, gain: float = 1.0, **options: Any) -> None:
        self._note("voice_set", voice_id)
        self.voices[voice_id] |= {"gain": gain, **options}
        self._listen()

    def voice_close(self, voice_id: int) -> None:
        self._note("voice_close", voice_id)
        del self.voices[voice_id]  # entries about it stay

    def listener_open(self, listener_id: int, mixer_id: int, consumer_id: int, *, own_voice_id: int = 0, gain: float = 1.0) -> None:
        self._note("listener_open", listener_id, consumer_id)
        self._new(listener_id)
        assert mixer_id in self.mixers and self.consumers[consumer_id]["kind"] == 1
        assert consumer_id not in self.attached and not self.listening(consumer_id), "a slot has one source at a time"
        self.listeners[listener_id] = {"mixer": mixer_id, "consumer": consumer_id, "own_voice_id": own_voice_id, "gain": gain}
        self._listen()

    def listener_set(self, listener_id: int, *, own_voice_id: int = 0, gain: float = 1.0) -> None:
        self._note("listener_set", listener_id, own_voice_id, gain)
        self.listeners[listener_id] |= {"own_voice_id": own_voice_id, "gain": gain}
        self._listen()

    def listener_close(self, listener_id: int) -> None:
        self._note("listener_close", listener_id)
        del self.listeners[listener_id]
        self.entries = {pair: gain for pair, gain in self.entries.items() if pair[0] != listener_id}

    def hear(self, listener_id: int, voice_id: int, gain: float | None) -> None:
        self._note("hear", listener_id, voice_id, gain)
        assert listener_id in self.listeners and (gain is None or 0 <= gain <= 8)
        if gain is None:
            del self.entries[listener_id, voice_id]
        else:
            self.entries[listener_id, voice_id] = gain
        self._listen()

    def dtmf_send(self, consumer_id: int, digits: str, *, duration_ms: int = 100, gap_ms: int = 70) -> None:
        self._note("dtmf_send", consumer_id, digits, duration_ms, gap_ms)
        assert any(codec[1] == "telephone-event" for codec in self.consumers[consumer_id]["codecs"])
