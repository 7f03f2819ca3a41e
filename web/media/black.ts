/** A black picture in the place of a camera that was turned off, so that nobody goes on looking at the last frame of it. */

const FRAME_MS = 200;

/** A track that shows nothing, with the way to stop it; null where the browser cannot make one. */
export function blackPicture(width = 320, height = 240): { track: MediaStreamTrack; stop: () => void } | null {
  const canvas = document.createElement("canvas");
  const context = "captureStream" in canvas ? canvas.getContext("2d") : null;
  if (!context) return null;
  [canvas.width, canvas.height] = [width, height];
  const paint = (): void => context.fillRect(0, 0, width, height);
  paint();
  const [track] = canvas.captureStream().getVideoTracks();
  if (!track) return null;
  // A canvas gives a frame only where something was painted.
  const timer = setInterval(paint, FRAME_MS);
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}
