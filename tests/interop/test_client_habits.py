"""What unmodified WHIP clients do over HTTP, and what their SDP parsers need to find in the answer; the example as a program.

OBS negotiates with libdatachannel, GStreamer's whipsink with webrtcbin. Their offers are posted as they write them.
"""

import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiortc.sdp import SessionDescription

from tests.support.live import Live, until
from tests.support.serving import VECTORS, offer

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "mids", "codecs"),
    [
        ("obs-publish", ["0", "1"], [["opus/48000/2"], ["H264/90000"]]),
        ("gstreamer-publish", ["video0", "audio1"], [["VP8/90000", "rtx/90000"], ["opus/48000/2"]]),
    ],
)
async def test_an_encoder_gets_an_answer_its_parser_takes_and_hangs_up(
    live: Live, name: str, mids: list[str], codecs: list[list[str]]
) -> None:
    url, token = live.endpoint("whip", "encoder")
    bearer = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http:
        async with http.post(url, data=offer(name).encode(), headers=bearer | {"Content-Type": "application/sdp"}) as response:
            assert response.status == 201 and response.content_type == "application/sdp"
            location = response.headers["Location"]  # both resolve it against the endpoint
            answer = await response.text()
        lines = answer.split("\r\n")
        assert lines[-1] == "" and "" not in lines[:-1], "every line ends in CRLF, none is empty"
        assert f"a=group:BUNDLE {' '.join(mids)}" in lines and "a=ice-lite" in lines
        read = SessionDescription.parse(answer)
        assert [media.rtp.muxId for media in read.media] == mids, "the offer's lines in the offer's order"
        for media, wanted in zip(read.media, codecs, strict=True):
            found = [f"{codec.mimeType.partition('/')[2]}/{codec.clockRate}" for codec in media.rtp.codecs]
            assert [each.lower() for each in found] == [each.removesuffix("/2").lower() for each in wanted]
            assert media.direction == "recvonly" and media.port and media.rtcp_mux
            # libdatachannel: an answer's role is active or passive; we want the peer to be the DTLS client.
            assert media.dtls is not None and media.dtls.role == "server" and media.dtls.fingerprints[0].algorithm == "sha-256"
            assert media.ice.usernameFragment and len(media.ice.password or "") >= 22
            assert [(each.ip, each.protocol, each.type) for each in media.ice_candidates] == [("127.0.0.1", "udp", "host")]
        # OBS: DELETE with the token, no If-Match; again after a crash, when the session may be gone.
        async with http.delete(live.url + location, headers=bearer) as response:
            assert response.status == 200
        async with http.delete(live.url + location, headers=bearer) as response:
            assert response.status == 404
    await until(lambda: live.counters()["transports"] == 0, "the transport to go")


def test_the_embedding_example_runs_as_a_program() -> None:
    offers = [str(VECTORS / f"{name}.sdp") for name in ("chromium-publish", "firefox-subscribe")]
    ran = subprocess.run(
        [sys.executable, "docs/examples/embed.py", *offers],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "lines of answer for alice" in ran.stdout and "RoomClosed(room='shop'" in ran.stdout
