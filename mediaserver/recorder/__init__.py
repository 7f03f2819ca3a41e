"""Recording: `Room.record` gives a `Recording`; nobody is recorded before they are granted.

    recording = room.record()
    recording.grant("alice")
    recording.pause(); recording.resume()
    state = await recording.stop()

The work is done by a process of its own (`process`), which is one more subscriber of the room's worker. See docs/recording.md.
"""

from mediaserver.recorder.recording import Recording, RecordingChanged, State
from mediaserver.recorder.room_recorder import RecordOptions, RoomRecorder

__all__ = ["RecordOptions", "Recording", "RecordingChanged", "RoomRecorder", "State"]
