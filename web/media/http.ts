/** A fetch that gives up, so that a server which takes connections and answers nothing is found out. */
export async function request(url: URL, init: RequestInit, timeoutMs: number, stopped?: AbortSignal): Promise<Response> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(stopped?.reason);
  if (stopped?.aborted) stop();
  stopped?.addEventListener("abort", stop);
  const timer = setTimeout(() => abort.abort(new Error("The server does not answer.")), timeoutMs);
  try {
    return await fetch(url, { ...init, signal: abort.signal });
  } finally {
    clearTimeout(timer);
    stopped?.removeEventListener("abort", stop);
  }
}
