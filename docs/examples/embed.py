"""A media server inside another program: one room, offers by a function call, and a line for whoever comes and goes.

Run it with two SDP offers: python docs/examples/embed.py PUBLISHER.sdp SUBSCRIBER.sdp
"""

import asyncio
import sys
from pathlib import Path

from mediaserver import MediaServer, MediaSettings


async def main(publisher: str, subscriber: str) -> None:
    server = MediaServer(MediaSettings(udp_port=0))
    await server.start()
    events = server.events()
    room = server.room("shop")

    _, answer = room.publish("alice", publisher)  # to be set as the publisher's remote description
    print(f"{len(answer.splitlines())} lines of answer for alice")
    _, answer = room.subscribe("bob", subscriber)
    print(f"{len(answer.splitlines())} lines of answer for bob")

    for track in room.tracks.values():
        print(f"{track.identity} publishes {track.kind} as {track.format.name}")
    await server.stop(drain_s=0)
    async for event in events:
        print(event)


if __name__ == "__main__":
    asyncio.run(main(*(Path(name).read_text() for name in sys.argv[1:3])))
