"""A `native.engine.worker.Worker` without thread and socket: writes every command down, and gives the events a test puts in.

It also keeps the books a real one would: opened ids are new, objects belong to open transports, consumers attach to open producers
of their transport's worker; a command that breaks this fails the test at once.
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
            del self.producers[producer_id]
        for consumer_id in [each for each, what in self.consumers.items() if what["transport"] == transport_id]:
            del self.consumers[consumer_id]
            self.attached.pop(consumer_id, None)

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
        assert consumer["kind"] == producer["kind"]
        known = {codec[0]: codec[1] for codec in consumer["codecs"]}
        assert known[payload_type] == producer["codecs"][0][1], "the payload type stands for the producer's codec"
        self.attached[consumer_id] = producer_id

    def consumer_detach(self, consumer_id: int) -> None:
        self._note("consumer_detach", consumer_id)
        del self.attached[consumer_id]
