"""A participant made of aiortc: publishes the test picture and a tone over WHIP, decodes what it gets over WHEP."""

import asyncio
import contextlib
import fractions
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import numpy as np
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import AUDIO_PTIME, AudioStreamTrack, MediaStreamError
from aiortc.rtcdtlstransport import SRTPProtectionProfile
from av import AudioFrame, AudioResampler, VideoFrame

from tests.support.live import DEADLINE_S, Live, until
from tests.support.picture import HEIGHT, WIDTH, draw
from tests.support.seeing import RATE, Colour, see, tone
from tests.support.watch import Watch

SDP = "application/sdp"
# A key frame takes a round trip and a frame to come.
KEYFRAME_GAP_S = 0.5


class Picture(VideoStreamTrack):
    """The test picture at 30 frames a second."""

    def __init__(self, colour: Colour) -> None:
        super().__init__()
        self._colour = colour
        self.drawn = 0

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        packed = np.frombuffer(draw(self._colour, self.drawn), np.uint8).reshape(HEIGHT, WIDTH, 3)
        frame = VideoFrame.from_ndarray(packed, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        self.drawn += 1
        return frame


class Tone(AudioStreamTrack):
    """A sine at 48 kHz; of 0 Hz: silence."""

    def __init__(self, frequency_hz: float, amplitude: float = 0.4) -> None:
        super().__init__()
        self._frequency_hz, self._amplitude = frequency_hz, amplitude
        self._samples = 0

    async def recv(self) -> AudioFrame:
        await super().recv()  # keeps the pace
        size = int(RATE * AUDIO_PTIME)
        sound = tone(self._frequency_hz, self._samples, size, self._amplitude)
        frame = AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = self._samples, RATE, fractions.Fraction(1, RATE)
        self._samples += size
        return frame


class TrackWatch(Watch):
    """Decodes one incoming track, and asks for a key frame while its pictures are damaged, as real receivers do.

    aiortc itself asks once, and not at all where libavcodec shows a damaged picture without a complaint.
    """

    def __init__(self, track: Any, receiver: RTCRtpReceiver) -> None:
        super().__init__()
        self.kind: str = track.kind
        self.ended = False
        self._track, self._receiver = track, receiver
        self._asked_s = 0.0
        self._resampler = AudioResampler("s16", "mono", RATE)
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while True:
                frame = await self._track.recv()
                if isinstance(frame, VideoFrame):
                    self.frames.append(see(frame.to_ndarray(format="rgb24")))
                    if not self.frames[-1].whole:
                        await self._ask_for_keyframe()
                else:
                    self.sound += [part.to_ndarray()[0].astype(np.int16) for part in self._resampler.resample(frame)]
        except MediaStreamError:
            self.ended = True

    async def _ask_for_keyframe(self) -> None:
        now_s = time.monotonic()
        if now_s - self._asked_s > KEYFRAME_GAP_S:
            self._asked_s = now_s
            for source in self._receiver.getSynchronizationSources():  # the media's and, of no effect, the retransmissions'
                await self._receiver._send_rtcp_pli(source.source)

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class AiortcPeer:
    """One peer connection and its WHIP or WHEP session. `tracks` are watched from the answer on."""

    def __init__(
        self,
        live: Live,
        identity: str,
        room: str = "shop",
        *,
        profiles: Sequence[SRTPProtectionProfile] = (),
        bundle: RTCBundlePolicy = RTCBundlePolicy.BALANCED,
    ) -> None:
        """`profiles`: the SRTP profiles to offer in place of aiortc's own."""
        self._live, self._identity, self._room, self._profiles = live, identity, room, list(profiles)
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=bundle))
        self.pc.on("track", self._track_made)
        self.tracks: list[TrackWatch] = []
        self.location = self.etag = self.answer = self.token = ""

    async def publish(self, picture: Picture | None = None, sound: Tone | None = None, codec: str = "VP8") -> None:
        if sound is not None:
            self.pc.addTrack(sound)
        if picture is not None:
            self.pc.addTrack(picture)
            self._prefer(codec)
        await self._negotiate("whip")

    async def subscribe(self, *, audio: int = 1, video: int = 1, participant: str = "", sound: str = "") -> None:
        """`sound`: mixed or forwarded, where it is to be said."""
        for kind, count in (("audio", audio), ("video", video)):
            for _ in range(count):
                self.pc.addTransceiver(kind, direction="recvonly")
        wanted = {"participant": participant, "audio": sound}
        await self._negotiate("whep", "?" + "&".join(f"{name}={value}" for name, value in wanted.items() if value))

    def _track_made(self, track: Any) -> None:
        [receiver] = [each for each in self.pc.getReceivers() if each.track is track]
        self.tracks.append(TrackWatch(track, receiver))

    def _prefer(self, codec: str) -> None:
        capabilities = RTCRtpSender.getCapabilities("video")
        chosen = [each for each in capabilities.codecs if each.mimeType.lower() in (f"video/{codec}".lower(), "video/rtx")]
        for transceiver in self.pc.getTransceivers():
            if transceiver.kind == "video":
                transceiver.setCodecPreferences(chosen)

    async def _negotiate(self, protocol: str, query: str = "") -> None:
        url, self.token = self._live.endpoint(protocol, self._identity, self._room)
        for transceiver in self.pc.getTransceivers() if self._profiles else ():
            transceiver.sender.transport._srtp_profiles = self._profiles
        await self.pc.setLocalDescription(await self.pc.createOffer())
        headers = {"Content-Type": SDP, "Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession() as http, http.post(url + query, data=self.pc.localDescription.sdp, headers=headers) as response:
            self.answer = await response.text()
            assert response.status == 201, self.answer
            self.location, self.etag = self._live.url + response.headers["Location"], response.headers["ETag"]
        await self.pc.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        await until(lambda: self.pc.connectionState == "connected", f"{self._identity} to be connected")

    async def patch(self, fragment: str) -> str:
        """An ICE restart; the server's fragment."""
        headers = {
            "Content-Type": "application/trickle-ice-sdpfrag",
            "Authorization": f"Bearer {self.token}",
            "If-Match": "*",
        }
        async with aiohttp.ClientSession() as http, http.patch(self.location, data=fragment, headers=headers) as response:
            assert response.status == 200, await response.text()
            return await response.text()

    async def delete(self) -> int:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession() as http, http.delete(self.location, headers=headers) as response:
            return response.status

    def watch(self, kind: str, index: int = 0) -> TrackWatch:
        return [track for track in self.tracks if track.kind == kind][index]

    @property
    def dtls(self) -> Any:
        """aiortc's DTLS transport."""
        return self.pc.getTransceivers()[0].sender.transport

    @property
    def srtp_profile(self) -> str:
        """As OpenSSL names what was agreed on."""
        return str(self.dtls._ssl.get_selected_srtp_profile().decode())

    async def close(self) -> None:
        for track in self.tracks:
            await track.stop()
        await asyncio.wait_for(self.pc.close(), DEADLINE_S)
