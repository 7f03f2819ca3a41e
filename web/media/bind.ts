/** Puts tracks into media elements without needless restarts of what plays, and tells when the browser wants a click first. */

function same(stream: MediaProvider | null, tracks: readonly MediaStreamTrack[]): boolean {
  if (!(stream instanceof MediaStream)) return tracks.length === 0 && !stream;
  const now = stream.getTracks();
  return now.length === tracks.length && tracks.every((track) => now.includes(track));
}

function put(element: HTMLMediaElement, tracks: readonly MediaStreamTrack[]): void {
  if (!same(element.srcObject, tracks)) element.srcObject = tracks.length ? new MediaStream([...tracks]) : null;
}

/** Shows a track in a video element, or nothing. The element stays silent: sound is `bindSound`'s. */
export function bindPicture(video: HTMLVideoElement, track: MediaStreamTrack | null): void {
  video.muted = true;
  video.playsInline = true;
  video.autoplay = true;
  put(video, track ? [track] : []);
  // A muted picture may always play; what is refused here is an element that was taken off the page meanwhile.
  if (track && video.paused) video.play().catch(() => undefined);
}

/**
 * Plays tracks, on the loudspeaker `sinkId` where the browser lets a page choose. False: the browser wants the person to click first; call it
 * again in that click's handler.
 */
export async function bindSound(audio: HTMLAudioElement, tracks: readonly MediaStreamTrack[], sinkId = ""): Promise<boolean> {
  const unique = [...new Set(tracks)];
  put(audio, unique);
  if ("setSinkId" in audio && audio.sinkId !== sinkId) {
    try {
      await audio.setSinkId(sinkId);
    } catch (problem) {
      // Unplugged since it was chosen: the default one goes on playing.
      console.info("The chosen loudspeaker is not to be had.", problem);
    }
  }
  if (!unique.length || !audio.paused) return true;
  try {
    await audio.play();
    return true;
  } catch (problem) {
    // AbortError: another call has put other tracks in; that one answers.
    return !(problem instanceof DOMException && problem.name === "NotAllowedError");
  }
}
