"""Mixing through a whole core in virtual time: what listeners get when they come, move, miss something, and go."""

import struct
from itertools import pairwise

import pytest

from tests.engine_peers import KIND_AUDIO, KIND_VIDEO, VP8, compound, connected, publish, rtp, vp8
from tests.mixing_peers import FRAME_US, LEVEL_ID, MIXER, MixedCall, clip, continuous

OTHERS = [{500.0, 700.0}, {300.0, 700.0}, {300.0, 500.0}]


def test_everybody_hears_the_others_in_one_unbroken_stream() -> None:
    call = MixedCall()
    call.run(150)
    assert call.heard() == OTHERS
    for caller in call.callers:
        assert len(caller.got) >= 145 and continuous(caller.got)
        assert {packet.payload_type for packet in caller.got} == {111} and {packet.ssrc for packet in caller.got} == {caller.ssrc}
    started = [event for event in call.events if event[0] == "consumer_started"]
    assert sorted(started) == [("consumer_started", caller.consumer) for caller in call.callers]


def test_the_mix_carries_its_level() -> None:
    call = MixedCall()
    call.run(60)
    levels = [packet.extensions[LEVEL_ID][0] for packet in call.callers[0].got[-20:]]
    assert all(level & 0x80 for level in levels), "somebody speaks"
    assert all(10 <= level & 0x7F <= 30 for level in levels)


def test_a_listener_that_moves_between_mixes_goes_on_exactly() -> None:
    call = MixedCall(4)
    call.run(50)
    before = call.counters()["mixes"]
    # Who falls silent hears what the others' common mix is, who speaks again a mix of his own: moves in both directions.
    for number in (1, 2, 3, 4, 1, 2):
        caller = call.callers[number - 1]
        caller.speaking = not caller.speaking
        call.run(40)
        call.core.hear(caller.listener, call.callers[number % 4].voice, 0.5)
        call.run(20)
        call.core.hear(caller.listener, call.callers[number % 4].voice, None)
        call.run(20)
    assert before >= 1
    for caller in call.callers:
        assert len(caller.got) > 500 and continuous(caller.got)
    started = [event for event in call.events if event[0] == "consumer_started"]
    assert len(started) == 4, "one stream each, however often it moves"


def test_a_mixed_packet_is_sent_again() -> None:
    call = MixedCall()
    call.run(60)
    for caller in call.callers:
        wanted = caller.got[-5:-2]
        assert call.ask(caller, [packet.seq for packet in wanted]) == [(packet.seq, packet.payload) for packet in wanted]


def test_a_mixed_packet_is_sent_again_as_it_was_without_rtx() -> None:
    call = MixedCall(rtx=False)
    call.run(60)
    caller = call.callers[0]
    wanted = caller.got[-3]
    before = call.counters()["nack_unanswered"]
    sent = caller.peer.send(nack_of(caller.ssrc, wanted.seq), call.now_us)
    datagrams = [data for _, port, data in sent if port == caller.peer.port and not 192 <= data[1] <= 223]
    assert len(datagrams) == 1 and struct.unpack_from("!H", datagrams[0], 2)[0] == wanted.seq
    assert call.counters()["nack_unanswered"] == before


def nack_of(ssrc: int, seq: int) -> bytes:
    return struct.pack("!BBHI", 0x80, 201, 1, 1) + struct.pack("!BBHIIHH", 0x81, 205, 3, 1, ssrc, seq, 0)


def test_forwarding_and_mixing_at_once() -> None:
    call = MixedCall(3, mixed=False)
    one, two, three = call.callers
    call.core.consumer_attach(one.consumer, two.producer)
    call.core.voice_open(two.voice, MIXER, producer_id=two.producer)
    call.core.listener_open(three.listener, MIXER, three.consumer)
    call.run(100)
    assert one.tones([300.0, 500.0, 700.0]) == {500.0} == three.tones([300.0, 500.0, 700.0])
    assert len(one.got) == 100 and continuous(one.got)
    assert continuous(three.got)
    assert {packet.timestamp for packet in one.got} & {packet.timestamp for packet in three.got} == set(), "clocks of their own"


def test_a_consumer_goes_to_the_mixer_and_back_without_a_break_in_its_numbers() -> None:
    call = MixedCall(3, mixed=False)
    one, two, three = call.callers
    call.core.voice_open(three.voice, MIXER, producer_id=three.producer)
    call.core.consumer_attach(one.consumer, two.producer)
    call.run(50)
    call.core.listener_open(one.listener, MIXER, one.consumer)
    call.run(60)
    assert one.tones([500.0, 700.0], last=40) == {700.0}
    call.core.consumer_attach(one.consumer, two.producer)
    call.run(60)
    assert one.tones([500.0, 700.0], last=40) == {500.0}
    assert call.counters()["listeners"] == 0
    numbers = [packet.seq for packet in one.got]
    assert [(b - a) & 0xFFFF for a, b in pairwise(numbers)] == [1] * (len(numbers) - 1)
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(one.got)]
    assert all(0 < step < 48 * 100 for step in steps), "time goes forwards, by what has passed"
    started = [event for event in call.events if event == ("consumer_started", one.consumer)]
    assert len(started) == 3


def test_sender_reports_of_a_mix_carry_our_clock() -> None:
    call = MixedCall()
    call.run(170)
    caller = call.callers[0]
    reports = [body for data in caller.rtcp for kind, _, body in compound(data) if kind == 200]
    infos = [struct.unpack_from("!IQI", body) for body in reports]
    assert len(infos) >= 2 and all(ssrc == caller.ssrc for ssrc, _, _ in infos)
    for (_, ntp_a, stamp_a), (_, ntp_b, stamp_b) in pairwise(infos):
        seconds = (ntp_b - ntp_a) / 2**32
        assert seconds > 0.5 and abs((stamp_b - stamp_a) / 48000 - seconds) < 0.0005
    # And of the packets: the report's clock says when the tick was made.
    _, ntp, stamp = infos[-1]
    at_s = ntp / 2**32 - 2208988800 - 1_700_000_000 + (caller.got[-1].timestamp - stamp) / 48000
    assert abs(at_s * 1e6 - call.now_us) <= FRAME_US


def test_a_mixer_that_closes_leaves_its_consumers_open() -> None:
    call = MixedCall()
    call.run(30)
    call.core.mixer_close(MIXER)
    call.run(2)
    call.clear()
    call.run(20)
    assert all(not caller.got for caller in call.callers)
    counters = call.counters()
    assert [counters[name] for name in ("mixers", "voices", "listeners", "mixes", "consumers", "producers")] == [0, 0, 0, 0, 3, 3]
    one, two, _ = call.callers
    call.core.consumer_attach(one.consumer, two.producer)
    call.run(20)
    assert len(one.got) == 20


def test_a_producer_that_closes_while_it_is_heard() -> None:
    call = MixedCall()
    call.run(50)
    call.core.producer_close(call.callers[1].producer)
    call.silent.add(2)
    call.run(100)
    assert call.heard(last=40) == [{700.0}, {300.0, 700.0}, {300.0}]
    assert call.counters()["voices"] == 2
    assert all(continuous(caller.got) for caller in call.callers)


def test_a_peer_that_leaves_takes_its_voice_and_its_listener_with_it() -> None:
    call = MixedCall()
    call.run(50)
    call.core.transport_close(call.callers[2].peer.id)
    call.silent.add(3)
    call.run(100)
    assert call.heard(last=40)[:2] == [{500.0}, {300.0}]
    counters = call.counters()
    assert counters["voices"] == counters["listeners"] == 2


def test_a_clip_is_played_to_its_end_and_its_memory_comes_back() -> None:
    call = MixedCall(1)
    [one] = call.callers
    call.core.clip_load(7, clip(1500, 400))
    call.core.voice_open(70, MIXER, clip_id=7)
    call.run(12)
    assert one.tones([1500.0], last=10) == {1500.0}
    call.run(20)
    assert [event for event in call.events if event[0] == "voice_ended"] == [("voice_ended", 70)]
    call.run(20)
    assert one.tones([1500.0], last=20) == set()
    call.core.voice_open(71, MIXER, clip_id=7, loop=True)
    call.run(60)
    assert one.tones([1500.0], last=30) == {1500.0}
    call.core.clip_free(7)
    call.run(40)
    assert one.tones([1500.0], last=20) == set() and call.counters()["voices"] == 1
    call.core.clip_load(7, clip(900, 100))  # the number is free again once the memory is
    assert not any(event[0] == "clip_released" for event in call.events)


def test_a_clip_without_a_mixer_is_loaded_and_freed() -> None:
    call = MixedCall(1, mixed=False)
    call.core.clip_load(1, b"\1\0" * 10)
    with pytest.raises(ValueError, match="already"):
        call.core.clip_load(1, b"\1\0")
    call.core.clip_free(1)
    call.run(1)
    call.core.clip_load(1, b"\1\0")


def test_the_matrix_says_who_hears_whom() -> None:
    call = MixedCall()
    one, two, three = call.callers
    call.core.hear(one.listener, two.voice, 0.0)
    call.core.hear(two.listener, three.voice, 0.0)
    call.run(80)
    assert call.heard(last=40) == [{700.0}, {300.0}, {300.0, 500.0}]
    call.core.hear(one.listener, two.voice, None)
    call.core.voice_set(three.voice, gain=0.0)
    call.run(80)
    assert call.heard(last=40) == [{500.0}, {300.0}, {300.0, 500.0}]


def test_speakers_are_told() -> None:
    call = MixedCall(2)
    call.callers[0].speaking = False
    call.run(100)
    call.events.clear()
    call.callers[0].speaking, call.callers[1].speaking = True, False
    call.run(100)
    told = [event for event in call.events if event[0] == "voice_active"]
    assert ("voice_active", call.callers[0].voice, True) in told and ("voice_active", call.callers[1].voice, False) in told
    assert len(told) == 2


def test_a_thousand_listeners_share_one_encode() -> None:
    call = MixedCall(1)
    [speaker] = call.callers
    crowd = [connected(call.core, number) for number in (2, 3)]
    for at in range(1000):
        peer = crowd[at % 2]
        call.core.consumer_open(50000 + at, peer.id, KIND_AUDIO, "0", 60000 + at, 0, [(111, "opus", 48000, 0)])
        call.core.listener_open(70000 + at, MIXER, 50000 + at)
        if at % 100 == 0:
            call.core.mix(call.now_us)
    call.run(10)
    before = call.counters()
    call.run(20)
    after = call.counters()
    assert after["mixer_ticks"] - before["mixer_ticks"] == 20
    assert after["mixer_encodes"] - before["mixer_encodes"] <= 2 * 20
    assert after["packets_sent_audio"] - before["packets_sent_audio"] >= 1000 * 20
    assert len(speaker.got) >= 25 and speaker.tones([300.0], last=20) == set()


def test_a_large_mix_leaves_in_slices() -> None:
    call = MixedCall(1)
    peer = connected(call.core, 2)
    for at in range(500):
        call.core.consumer_open(50000 + at, peer.id, KIND_AUDIO, "0", 60000 + at, 0, [(111, "opus", 48000, 0)])
        call.core.listener_open(70000 + at, MIXER, 50000 + at)
    call.run(10)
    call.core.sent()
    caller = call.callers[0]
    call.take(caller.peer.send(caller.packet(), call.now_us))
    call.core.mix_only(call.now_us + FRAME_US)
    turns, streams = [], []
    waiting = True
    while waiting:
        waiting = call.core.slice_at(call.now_us + FRAME_US)
        got = [data for _, port, data in call.core.sent() if port == peer.port and data[0] >= 128 and not 192 <= data[1] <= 223]
        streams += [struct.unpack_from("!I", data, 8)[0] for data in got]
        turns.append(len(got))
        if len(turns) == 2:
            # Who leaves, and who comes, between two slices: nobody gets the packet twice.
            call.core.consumer_close(50000)
            call.core.consumer_close(50499)
            call.core.consumer_close(50250)
    assert len(turns) >= 4 and max(turns) <= 64
    assert len(streams) == len(set(streams)) and len(streams) >= 497


def test_a_mix_nobody_hears_goes_after_a_while() -> None:
    call = MixedCall(3)
    call.run(50)
    assert call.counters()["mixes"] >= 3
    for caller in call.callers[1:]:
        call.core.listener_close(caller.listener)
    call.run(250)
    assert call.counters()["mixes"] == 1
    assert continuous(call.callers[0].got)


def test_what_cannot_listen_is_counted_and_ignored() -> None:
    call = MixedCall(1)
    call.run(2)
    peer = call.callers[0].peer
    call.core.consumer_open(90, peer.id, KIND_AUDIO, "1", 91, 0, [(8, "telephone-event", 8000, 0)])
    call.core.consumer_open(92, peer.id, KIND_VIDEO, "2", 93, 0, VP8)
    publish(peer, 94, 95, kind=KIND_VIDEO)
    before = call.counters()["commands_stale"]
    for listener, consumer in ((1, 90), (2, 92), (3, 999)):
        call.core.listener_open(listener, MIXER, consumer)
    call.core.listener_open(4, 999, call.callers[0].consumer)
    call.core.voice_open(5, MIXER, producer_id=94)
    call.core.voice_open(6, MIXER, producer_id=999)
    call.core.voice_open(7, MIXER, clip_id=999)
    call.core.voice_open(8, 999, producer_id=call.callers[0].producer)
    call.core.voice_open(call.callers[0].voice, MIXER, producer_id=call.callers[0].producer)
    for command in (call.core.voice_close, call.core.listener_close, call.core.mixer_close, call.core.clip_free, call.core.listener_set):
        command(999)
    call.core.voice_set(999)
    call.core.mixer_set(999)
    call.core.hear(999, 1, 1.0)
    call.core.mixer_open(MIXER)
    call.run(3)
    assert call.counters()["commands_stale"] == before + 18
    assert call.counters()["listeners"] == call.counters()["voices"] == 1


def test_a_second_listener_takes_the_consumer_over() -> None:
    call = MixedCall(2)
    one, two = call.callers
    call.run(30)
    call.core.mixer_open(501)
    call.core.listener_open(9000, 501, one.consumer)
    call.run(60)
    assert one.tones([500.0], last=30) == set() and call.counters()["listeners"] == 2
    call.core.listener_close(one.listener)  # gone already
    call.core.voice_open(9001, 501, producer_id=two.producer)
    call.run(80)
    assert one.tones([500.0], last=30) == {500.0}, "one producer in two mixers"


def test_stats_of_mixers_and_voices() -> None:
    call = MixedCall(2)
    call.core.clip_load(1, clip(500, 2000))
    call.core.voice_open(70, MIXER, clip_id=1)
    call.run(50)
    call.core.mixer_stats(MIXER, 1)
    call.core.voice_stats(call.callers[0].voice, 2)
    for request, ask in ((3, call.core.mixer_stats), (4, call.core.voice_stats)):
        ask(999, request)
    call.core.voice_stats(70, 5)
    call.run(2)
    answers = {event[1]: event[2] for event in call.events if event[0] == "stats"}
    assert answers[3] == answers[4] == answers[5] == {}
    assert answers[1]["voices"] == 3 and answers[1]["listeners"] == 2 and answers[1]["ticks"] >= 50 and answers[1]["encodes"] >= 90
    assert answers[2]["packets"] >= 50 and answers[2]["samples"] >= 45000 and answers[2]["target_delay_ms"] > 0
    counters = call.counters()
    assert counters["mixer_decodes"] > 0 and counters["playout_samples"] > 0 and counters["playout_packets"] > 0


def test_a_worker_that_is_held_up_loses_packets_and_nothing_else() -> None:
    call = MixedCall(2, bitrate_bps=510000)
    one, two = call.callers
    call.core.clip_load(1, clip(900, 100))
    call.run(30)
    # The worker does not look at the mixes for a minute; the mixing thread goes on, and the peers' checks keep their consent.
    call.core.voice_open(70, MIXER, clip_id=1)
    call.core.slice_at(call.now_us)
    for tick in range(3000):
        call.now_us += FRAME_US
        call.core.mix_only(call.now_us)
        if tick % 200 == 0:
            for caller in call.callers:
                caller.peer.inject(caller.peer.check(), call.now_us)
    assert call.counters()["mixer_packets_dropped"] > 100
    call.run(50)
    assert ("voice_ended", 70) in call.events
    call.clear()
    call.run(50)
    assert call.heard(last=30) == [{500.0}, {300.0}] and continuous(one.got) and continuous(two.got)


def test_a_mixing_thread_that_is_held_up_loses_packets_and_no_command() -> None:
    call = MixedCall(2, mixed=False)
    one, two = call.callers
    call.join(two)
    call.core.listener_open(one.listener, MIXER, one.consumer)
    call.run(10)
    for _ in range(6000):
        one.peer.inject(two.peer.protect(two.packet()), call.now_us, ip=two.peer.ip, port=two.peer.port)
        call.core.hear(one.listener, two.voice, 0.0)
        call.core.hear(one.listener, two.voice, 1.0)
        call.core.turn_at(call.now_us)
    dropped = call.counters()["mixer_packets_dropped"]
    call.core.hear(one.listener, two.voice, 0.0)
    call.run(100)
    assert dropped > 0 and one.tones([500.0], last=30) == set()
    call.core.hear(one.listener, two.voice, None)
    call.run(100)
    assert one.tones([500.0], last=30) == {500.0}


def test_ticks_that_were_missed_are_passed_over_in_rtp_time() -> None:
    call = MixedCall(2)
    call.run(30)
    caller = call.callers[0]
    call.clear()
    before = caller.got[-1] if caller.got else None
    assert before is None
    call.run(5)
    last = caller.got[-1]
    call.now_us += 50 * FRAME_US
    call.core.slice_at(call.now_us)
    call.core.mix_only(call.now_us)
    call.take(call.core.mix(call.now_us))
    call.run(10)
    at = caller.got.index(last)
    following = caller.got[at + 1]
    assert (following.seq - last.seq) & 0xFFFF == 1
    assert 48 * FRAME_US // 1000 * 45 <= (following.timestamp - last.timestamp) & 0xFFFFFFFF <= 960 * 53
    assert call.counters()["mixer_ticks_skipped"] >= 45


def test_keys_are_not_fed_to_the_decoder() -> None:
    call = MixedCall(2)
    one, two = call.callers
    call.run(20)
    call.core.voice_stats(one.voice, 1)
    call.run(1)
    for end in (0, 0x80, 0x80, 0x80):
        one.seq += 1
        payload = struct.pack("!BBH", 5, end | 10, 4800)
        call.take(one.peer.send(rtp(one.seq, one.timestamp + 960, 10001, payload, payload_type=110), call.now_us))
    call.core.voice_stats(one.voice, 2)
    call.run(2)
    answers = {event[1]: event[2] for event in call.events if event[0] == "stats"}
    assert answers[2]["packets"] - answers[1]["packets"] <= 2 and answers[2]["packets_malformed"] == 0
    assert ("producer_dtmf", one.producer, "5", 100) in call.events
    call.core.dtmf_send(two.consumer, "9")
    call.clear()
    call.run(20)
    assert [packet.payload[0] for packet in two.got if packet.payload_type == 110] == [9] * 5
    assert continuous([packet for packet in two.got if packet.payload_type == 111], step=960) is False, "keys stand between"
    numbers = [packet.seq for packet in two.got]
    assert [(b - a) & 0xFFFF for a, b in pairwise(numbers)] == [1] * (len(numbers) - 1)


def test_video_is_no_voice() -> None:
    call = MixedCall(1)
    peer = connected(call.core, 9)
    publish(peer, 900, 901)
    call.core.voice_open(902, MIXER, producer_id=900)
    peer.send(rtp(1, 1, 901, vp8(1, 200, keyframe=True)), call.now_us)
    call.run(5)
    assert call.counters()["voices"] == 1
