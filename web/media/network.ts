/** Tells when the way to the server has probably changed: back on line, another kind of network, awake after sleep, in front again. */

const TICK_MS = 5000;
/** So long without a tick: the machine slept. */
const SLEPT_MS = 20_000;

interface Connection extends EventTarget {
  readonly type?: string;
}

/** `changed`: the old path is gone, repair at once. `seen`: the person looks again, what waits for a pause shall not. */
export function watchNetwork(changed: () => void, seen: () => void): () => void {
  const connection = (navigator as { connection?: Connection }).connection;
  let type = connection?.type;
  // Desktop browsers report every new estimate of the speed here; only another kind of network is meant.
  const otherKind = (): void => {
    if (connection?.type !== type) changed();
    type = connection?.type;
  };
  const visible = (): void => {
    if (document.visibilityState === "visible") seen();
  };
  let last = Date.now();
  const tick = setInterval(() => {
    const slept = Date.now() - last > SLEPT_MS;
    last = Date.now();
    if (slept) changed();
  }, TICK_MS);
  window.addEventListener("online", changed);
  document.addEventListener("visibilitychange", visible);
  connection?.addEventListener("change", otherKind);
  return () => {
    clearInterval(tick);
    window.removeEventListener("online", changed);
    document.removeEventListener("visibilitychange", visible);
    connection?.removeEventListener("change", otherKind);
  };
}
