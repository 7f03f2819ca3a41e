/** Tells when the way to the server has probably changed: back on line, another kind of network, awake after sleep, back in front or from the page cache. */

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
  // Leaving the page ended the sessions; a page that is taken out of the cache needs new ones.
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) changed();
  };
  let last = Date.now();
  const tick = setInterval(() => {
    const slept = Date.now() - last > SLEPT_MS;
    last = Date.now();
    if (slept) changed();
  }, TICK_MS);
  window.addEventListener("online", changed);
  window.addEventListener("pageshow", shown);
  document.addEventListener("visibilitychange", visible);
  connection?.addEventListener("change", otherKind);
  return () => {
    clearInterval(tick);
    window.removeEventListener("online", changed);
    window.removeEventListener("pageshow", shown);
    document.removeEventListener("visibilitychange", visible);
    connection?.removeEventListener("change", otherKind);
  };
}
