"""A WHIP or WHEP client made of GStreamer's webrtcbin, for the system's Python (PyGObject is not in virtual environments).

    gstreamer_peer.py publish   URL TOKEN CODEC R,G,B FREQUENCY     CODEC is VP8 or H264
    gstreamer_peer.py subscribe URL TOKEN

Ends, with DELETE, when its standard input does. Says on standard output, a JSON object a line: {"answer": ...}, {"state": ...},
{"rgb": base64, "width", "height"} for a decoded frame (made small), {"pcm": base64} for decoded mono sound at 48 kHz, {"error": ...}.
"""

import base64
import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402  (after the versions are chosen)

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.support.picture import HEIGHT, WIDTH, draw  # noqa: E402  (after its path is known)

FRAMES_PER_S = 15
SMALL = (80, 60)
# Above those webrtcbin picks for RTX, which may otherwise take another line's.
PAYLOAD_TYPE = {"VP8": 120, "H264": 121}
RTP_OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111,encoding-params=(string)2"
RTP_VIDEO = {
    "VP8": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=120",
    "H264": "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=121,packetization-mode=(string)1,"
    "profile-level-id=(string)42e01f",
}
ENCODE = {
    "VP8": "vp8enc deadline=1 cpu-used=8 target-bitrate=600000 keyframe-max-dist=300 ! rtpvp8pay picture-id-mode=15-bit",
    "H264": "openh264enc bitrate=600000 gop-size=300 ! video/x-h264,profile=constrained-baseline "
    "! rtph264pay config-interval=-1 aggregate-mode=zero-latency",
}


one_at_a_time = threading.Lock()  # every stream has a thread of its own


def say(**what: object) -> None:
    with one_at_a_time:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()


class Peer:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token, self.location, self.publishing = url, token, "", False
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline()
        self.webrtc = Gst.ElementFactory.make("webrtcbin", "webrtc")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        # libnice leaves loopback out, and its sockets of other interfaces do not reach it.
        self.ice = self.webrtc.get_property("ice-agent")  # to be kept: this reference is the agent's only one
        self.ice.emit("add-local-ip-address", "127.0.0.1")
        self.pipeline.add(self.webrtc)
        for name in ("ice-gathering-state", "ice-connection-state", "connection-state"):
            self.webrtc.connect(f"notify::{name}", self.state_changed, name)
        self.webrtc.connect("on-new-transceiver", self.transceiver_made)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.failed)

    # The session.

    def run(self) -> None:
        threading.Thread(target=self.wait_for_the_end, daemon=True).start()
        self.pipeline.set_state(Gst.State.PLAYING)
        self.webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offer_made))
        self.loop.run()
        if self.location:
            try:
                self.request("DELETE", self.location)
            except urllib.error.HTTPError:
                raise
            except urllib.error.URLError as error:  # the server has ended first
                say(error=f"nobody to hang up with: {error.reason}")
        self.pipeline.set_state(Gst.State.NULL)

    def wait_for_the_end(self) -> None:
        sys.stdin.read()
        self.loop.quit()

    def offer_made(self, promise: Gst.Promise) -> None:
        reply = promise.get_reply()  # owns the offer
        offer = reply.get_value("offer")
        self.webrtc.emit("set-local-description", offer, Gst.Promise.new())

    def state_changed(self, webrtc: Gst.Element, _: object, name: str) -> None:
        state = webrtc.get_property(name).value_nick
        say(state=name, value=state)
        if name == "ice-gathering-state" and state == "complete":
            GLib.idle_add(self.negotiate)

    def negotiate(self) -> bool:
        offer = self.webrtc.get_property("local-description").sdp.as_text()
        answer, self.location = self.request("POST", self.url, offer)
        say(answer=answer, offer=offer)
        _, parsed = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, parsed)
        self.webrtc.emit("set-remote-description", description, Gst.Promise.new())
        return False

    def request(self, method: str, url: str, body: str = "") -> tuple[str, str]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        request = urllib.request.Request(url, body.encode() or None, headers, method=method)
        with urllib.request.urlopen(request) as response:
            location = response.headers.get("Location") or ""
            return response.read().decode(), urllib.parse.urljoin(url, location)

    def failed(self, _: object, message: Gst.Message) -> None:
        error, details = message.parse_error()
        say(error=f"{error.message} ({details})")
        self.loop.quit()

    def transceiver_made(self, _: object, transceiver: GstWebRTC.WebRTCRTPTransceiver) -> None:
        transceiver.set_property("do-nack", True)
        if self.publishing:  # as GStreamer's WHIP clients do
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)

    # Media.

    def publish(self, codec: str, colour: tuple[int, int, int], frequency_hz: float) -> None:
        self.publishing, self.drawn = True, 0
        raw = f"video/x-raw,format=RGB,width={WIDTH},height={HEIGHT},framerate={FRAMES_PER_S}/1"
        video = self.add(
            f"appsrc name=canvas is-live=true do-timestamp=true format=time caps={raw} ! videoconvert ! video/x-raw,format=I420 "
            f'! queue ! {ENCODE[codec]} pt={PAYLOAD_TYPE[codec]} ! capsfilter caps="{RTP_VIDEO[codec]}"'
        )
        audio = self.add(
            f"audiotestsrc is-live=true freq={frequency_hz} volume=0.4 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 "
            f'! queue ! opusenc ! rtpopuspay pt=111 ! capsfilter caps="{RTP_OPUS}"'
        )
        for branch in (audio, video):
            branch.link(self.webrtc)
        canvas = video.get_by_name("canvas")

        def paint() -> bool:
            canvas.emit("push-buffer", Gst.Buffer.new_wrapped(draw(colour, self.drawn)))
            self.drawn += 1
            return True

        GLib.timeout_add(1000 // FRAMES_PER_S, paint)

    def subscribe(self) -> None:
        self.webrtc.connect("pad-added", self.pad_added)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        for caps in (RTP_OPUS, f"{RTP_VIDEO['VP8']};{RTP_VIDEO['H264']}"):
            self.webrtc.emit("add-transceiver", direction, Gst.Caps.from_string(caps))

    def pad_added(self, _: object, pad: Gst.Pad) -> None:
        if pad.get_direction() == Gst.PadDirection.SRC:
            decode = Gst.ElementFactory.make("decodebin")
            decode.connect("pad-added", self.decoded)
            decode.connect("element-added", self.decoder_chosen)
            self.pipeline.add(decode)
            decode.sync_state_with_parent()
            pad.link(decode.get_static_pad("sink"))

    def decoder_chosen(self, _: object, element: Gst.Element) -> None:
        """Has a video decoder ask for a key frame after damage, as real receivers do; GStreamer's default is to show the damage."""
        if element.find_property("automatic-request-sync-points"):
            element.set_property("automatic-request-sync-points", True)
            element.set_property("discard-corrupted-frames", True)

    def decoded(self, _: object, pad: Gst.Pad) -> None:
        if pad.get_current_caps().to_string().startswith("video"):
            convert, take = f"videoconvert ! videoscale ! video/x-raw,format=RGB,width={SMALL[0]},height={SMALL[1]}", self.frame
        else:
            convert, take = "audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1", self.sound
        branch = self.add(f"queue ! {convert} ! appsink name=out emit-signals=true sync=false")
        branch.get_by_name("out").connect("new-sample", take)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def add(self, description: str) -> Gst.Bin:
        branch = Gst.parse_bin_from_description(description, True)
        self.pipeline.add(branch)
        return branch

    def frame(self, sink: Gst.Element) -> Gst.FlowReturn:
        data = contents(sink)
        say(rgb=base64.b64encode(data).decode(), width=SMALL[0], height=SMALL[1])
        return Gst.FlowReturn.OK

    def sound(self, sink: Gst.Element) -> Gst.FlowReturn:
        say(pcm=base64.b64encode(contents(sink)).decode())
        return Gst.FlowReturn.OK


def contents(sink: Gst.Element) -> bytes:
    buffer = sink.emit("pull-sample").get_buffer()
    return bytes(buffer.extract_dup(0, buffer.get_size()))


def main(role: str, url: str, token: str, *options: str) -> None:
    Gst.init(None)
    peer = Peer(url, token)
    if role == "publish":
        codec, colour, frequency_hz = options
        red, green, blue = (int(part) for part in colour.split(","))
        peer.publish(codec, (red, green, blue), float(frequency_hz))
    else:
        peer.subscribe()
    peer.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
