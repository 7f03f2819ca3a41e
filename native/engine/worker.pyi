"""A media worker: one OS thread, one UDP socket, driven by commands and answering with events.

Called by `mediaserver.workers` and `bench` only, from one thread (the asyncio loop's). Every command returns at once; ids are
made by the caller, are unique per worker for its whole life and > 0. A command that names an unknown id is counted
(`commands_stale`) and otherwise ignored, since the object may have just gone. Nothing here blocks but `stop`.
"""

from typing import Any

KIND_AUDIO: int
KIND_VIDEO: int

# A codec as this peer's SDP names it: (payload type, name "opus|VP8|VP9|H264|AV1|telephone-event", clock rate, RTX payload type or 0).
CodecEntry = tuple[int, str, int, int]
# Header extension name -> id. Names: mid, rid, repaired-rid, abs-send-time, transport-cc, audio-level, video-orientation,
# playout-delay, abs-capture-time, dependency-descriptor.
Extensions = dict[str, int]

def noise_library(path: str) -> bool:
    """Where RNNoise is (librnnoise.so), for the whole process, once, before the first mixer; without it `suppress_noise` does nothing.
    Whether that is what was found there."""

class WorkerError(Exception):
    """The worker could not start; the message says why and what to do (port in use, no permission, no such address)."""

class Worker:
    def __init__(self, host: str = "::", port: int = 0, *, gso: bool = True, gro: bool = True, reuse_port: bool = False) -> None:
        """Opens the socket (WorkerError when that fails). `host`: an IPv6 or IPv4 literal; "::" takes both families."""
    @property
    def port(self) -> int: ...
    @property
    def features(self) -> dict[str, str]:
        """What was found at run time:
        {"gso": "on" | reason, "gro": ..., "crypto": "ipsec-mb 1.3 avx512" | "openssl 3.0.17", "ipv6": ...}."""
    def start(self) -> None:
        """Starts the thread."""
    def stop(self) -> None:
        """Ends the thread and closes the socket. Idempotent; at most ~100 ms."""
    def fileno(self) -> int:
        """An eventfd, readable while events wait: give it to `loop.add_reader`."""
    def events(self) -> list[tuple[Any, ...]]:
        """Takes all waiting events (at most 1024), oldest first; clears the eventfd. Each is (name, id, ...):

        ("transport_connected", transport_id, ip, port)     a validated pair was selected, or it moved
        ("transport_dtls", transport_id, datagram: bytes)    from the selected address only
        ("transport_secure", transport_id)                   first SRTP or SRTCP packet of the peer verified
        ("transport_lost", transport_id)                     consent expired (RFC 7675): sending has stopped; close it
        ("producer_started", producer_id, codec, ssrc)       first packet, or another codec or SSRC took over
        ("producer_stalled", producer_id)                    nothing received for 5 s ("producer_started" comes again)
        ("consumer_started", consumer_id)                    first packet forwarded since open or attach
        ("stats", request_id, dict)                          answer to one of the *_stats commands; {} when the id is gone
        ("voice_ended", voice_id)                            a clip was played to its end; the voice is gone
        ("voice_active", voice_id, active: bool)             somebody started or stopped speaking
        ("producer_dtmf", producer_id, digit: str, duration_ms)  a key was pressed (RFC 4733), once per key, when it is released
        """

    # Transports: one peer connection each.
    def transport_open(self, transport_id: int, *, local_ufrag: str, local_password: str, remote_ufrag: str, remote_password: str = "",
                       controlling: bool = False) -> None:
        """ICE-lite, controlled, by default: answers checks whose USERNAME is `local_ufrag:remote_ufrag`. `controlling`: the client role."""
    def transport_restart(self, transport_id: int, *, local_ufrag: str, local_password: str, remote_ufrag: str,
                          remote_password: str = "") -> None:
        """New ICE credentials (ICE restart); media goes on over the old pair until a new one is validated."""
    def transport_connect(self, transport_id: int, ip: str, port: int, *, local_ip: str = "") -> None:
        """Client role: start checks towards this address (from `local_ip`, so that one socket can be many peers)."""
    def transport_select(self, transport_id: int, ip: str, port: int, *, local_ip: str = "") -> None:
        """Bench only: take this address as validated, without ICE and consent."""
    def transport_extensions(self, transport_id: int, extensions: Extensions) -> None: ...
    def transport_dtls(self, transport_id: int, datagram: bytes) -> None:
        """Sends one DTLS datagram (<= 1500 bytes) to the selected address; dropped and counted when there is none."""
    def transport_keys(self, transport_id: int, profile: int, send_key: bytes, receive_key: bytes) -> None:
        """`profile`: 0x0001, 0x0007 or 0x0008; keys are master key + master salt (RFC 5764 section 4.2, RFC 7714)."""
    def transport_close(self, transport_id: int) -> None:
        """Closes it with all its producers and consumers."""
    def transport_stats(self, transport_id: int, request_id: int) -> None: ...

    # Producers: incoming tracks.
    def producer_open(self, producer_id: int, transport_id: int, kind: int, mid: str, codecs: list[CodecEntry], *,
                      ssrcs: list[tuple[int, int]] = ..., nack: bool = True, pli: bool = True, fir: bool = False) -> None:
        """`ssrcs`: (primary, RTX or 0) pairs from SDP; may be empty, packets are then matched by the mid extension or payload type."""
    def producer_close(self, producer_id: int) -> None: ...
    def producer_keyframe(self, producer_id: int) -> None:
        """Asks the publisher for a key frame (throttled)."""
    def producer_stats(self, producer_id: int, request_id: int) -> None: ...
    def producer_record(self, producer_id: int, on: bool) -> None:
        """From now on its packets, repaired ones too, can be taken by `packets`. For a recorder's process."""
    def packets(self) -> list[tuple[int, int, int, int, int, int, bytes]]:
        """Takes recorded packets (at most 4096) in the order of their arrival. No event tells of them: ask every few ms. Not read for
        long, 8 MiB of them wait and the rest are dropped ("records_dropped" of the counters). May be called from another thread than
        the commands.

        Each: (producer_id, seq64, arrived_us of the monotonic clock, NTP time and RTP timestamp of the stream's newest sender report (0, 0:
        none yet), microseconds between that report's arrival and the packet's, the RTP packet without padding). The low bit of the NTP time
        says whose clock it is: 1 the publisher's, 0 the server's, which stands in until the publisher has sent a report.
        """

    # Consumers: outgoing streams. One is open as long as its m-line; the producer behind it can change.
    def consumer_open(self, consumer_id: int, transport_id: int, kind: int, mid: str, ssrc: int, rtx_ssrc: int, codecs: list[CodecEntry], *,
                      cname: str = "tresen", nack: bool = True) -> None: ...
    def consumer_attach(self, consumer_id: int, producer_id: int, *, payload_type: int = 0) -> None:
        """Forward this producer from its next key frame on (asked for at once); replaces the former one with continuous numbering.

        `payload_type`: which of the consumer's codec entries to use where several have the producer's codec (H264 profiles); 0 = the first.
        """
    def consumer_detach(self, consumer_id: int) -> None: ...
    def consumer_pause(self, consumer_id: int, paused: bool) -> None: ...
    def consumer_close(self, consumer_id: int) -> None: ...
    def consumer_stats(self, consumer_id: int, request_id: int) -> None: ...

    # Mixing (native/audio/mixer.pxd says what hears what). A thread of its own beside the worker's decodes, mixes and encodes every 20 ms;
    # it starts with the first mixer. Ids as above; mixers, clips, voices and listeners have number spaces of their own.
    def mixer_open(self, mixer_id: int, *, channels: int = 1, bitrate_bps: int = 32000, complexity: int = 9,
                   expected_loss_percent: int = 10, dtx: bool = False, speakers: int = 8) -> None:
        """A mixing room. `complexity` is the most that is used; it falls under CPU load and comes back."""
    def mixer_set(self, mixer_id: int, *, bitrate_bps: int = 32000, complexity: int = 9, expected_loss_percent: int = 10, dtx: bool = False,
                  speakers: int = 8) -> None: ...
    def mixer_close(self, mixer_id: int) -> None:
        """Closes it with its voices and listeners; their consumers stay open, detached."""
    def mixer_stats(self, mixer_id: int, request_id: int) -> None:
        """Answered by a "stats" event: names of MixerStats."""
    def clip_load(self, clip_id: int, samples: bytes) -> None:
        """Sound to be played: s16le mono 48 kHz, at most ten minutes. Copied here; any number of voices may play it."""
    def clip_free(self, clip_id: int) -> None:
        """Its voices end; the memory goes when none plays it any more."""
    def voice_open(self, voice_id: int, mixer_id: int, *, producer_id: int = 0, clip_id: int = 0, loop: bool = False, gain: float = 1.0,
                   suppress_noise: bool = False, detect_voice: bool = False, automatic_level: bool = False) -> None:
        """Either the audio of a producer (which may be forwarded to others at the same time) or a clip. Ends with its producer."""
    def voice_set(self, voice_id: int, *, gain: float = 1.0, suppress_noise: bool = False, detect_voice: bool = False,
                  automatic_level: bool = False) -> None: ...
    def voice_close(self, voice_id: int) -> None: ...
    def voice_stats(self, voice_id: int, request_id: int) -> None:
        """Answered by a "stats" event: names of PlayoutStats; {} for a clip."""
    def listener_open(self, listener_id: int, mixer_id: int, consumer_id: int, *, own_voice_id: int = 0, gain: float = 1.0) -> None:
        """From now on this consumer sends what the listener hears, in the consumer's Opus; a producer it was attached to is left.
        Ends with its consumer. Numbers and timestamps continue."""
    def listener_set(self, listener_id: int, *, own_voice_id: int = 0, gain: float = 1.0) -> None: ...
    def listener_close(self, listener_id: int) -> None:
        """The consumer stays, detached; `consumer_attach` gives it a producer again (and closes the listener by itself)."""
    def hear(self, listener_id: int, voice_id: int, gain: float | None) -> None:
        """One entry of the matrix; None takes it out. `gain` 0 ... 8."""
    def dtmf_send(self, consumer_id: int, digits: str, *, duration_ms: int = 100, gap_ms: int = 70) -> None:
        """Keys 0-9 * # A-D as RFC 4733 events in this consumer's stream, one after the other, where telephone-event was negotiated."""

    # For bench/: paced media without an encoder, and a check of what arrives.
    def source_open(self, producer_id: int, kind: int, *, bitrate_bps: int, frames_per_s: int, seed: int = 1) -> None:
        """A producer of this worker that makes its own packets: frames at this pace, split like an encoder's, while a consumer is attached.
        Sends towards the server by a consumer of the client's transport. `seed` fixes phase and sizes."""
    def sink_open(self, producer_id: int) -> None:
        """Checks every packet of this producer, which a source has made: pattern, number, time on the way. See `traffic`; in producer_stats
        "sink_lost" counts the packets missing between its first and "sink_highest", its newest; "source_next" is a source's next number."""
    def loop_open(self, producer_id: int, packets: bytes, *, seed: int = 1) -> None:
        """A producer of this worker as source_open's, but of an encoder's real packets, said over and over at their own pace.
        `packets`: records of loop.pxd; `seed`: with which it begins, and when. The same object may serve many producers."""
    def capture_open(self, producer_id: int, room: bytearray) -> None:
        """Keeps the payloads that come to this producer as long as there is room: records of loop.pxd, its size in front. `room` may be
        read at any time and has to keep its size."""
    def traffic(self) -> dict[str, Any]:
        """All sources and sinks since start: {"sent", "received", "corrupt", "late_frames" (sent more than 5 ms after their time),
        "latest_us", "latency_max_us", "latency_step_us", "latency": packets by steps of time from source to sink, the last takes the
        rest}; {} without any."""

    # Reading without asking: a consistent snapshot the worker refreshes every 100 ms.
    def counters(self) -> dict[str, int]:
        """Totals since start: packets/bytes by direction and kind, drops by reason ("drop_<reason>"), NACK/PLI/FIR, trains, load.
        `forward_latency_us` buckets as "latency_le_<us>" (cumulative) plus latency_sum_us, latency_count. Mixing: totals "mixer_..." and
        "playout_...", the present mixers, voices, listeners and mixes, and the lag of ticks as "mixer_lag_le_<us>" plus mixer_lag_us."""
