/** What the server, or whoever gives out credentials, answered instead of a session, and whether asking again makes sense. */

/** The moment is wrong, not the request: unknown room yet, timeout, conflict, too early, too many. */
const PASSING = new Set([404, 408, 409, 425, 429]);
const ASK_AGAIN = new Set([408, 425, 429]);

/** `final`: trying the same again is useless. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly final: boolean,
    readonly retryAfterMs = 0,
  ) {
    super(detail);
    this.name = "Refused";
  }

  /** From a WHIP or WHEP answer. */
  static async from(response: Response): Promise<Refused> {
    let detail = response.statusText;
    try {
      const body: unknown = (response.headers.get("Content-Type") ?? "").includes("json") ? await response.json() : null;
      if (body && typeof body === "object" && "detail" in body && typeof body.detail === "string") detail = body.detail;
    } catch {
      // A broken body leaves the status line to speak for itself.
    }
    const { status } = response;
    const seconds = Number(response.headers.get("Retry-After"));
    return new Refused(status, detail, status >= 400 && status < 500 && !PASSING.has(status), Number.isFinite(seconds) ? 1000 * seconds : 0);
  }

  /**
   * From a rejection of `credentials()`: one with an HTTP `status` that says no (the call is over, you are not in it) is final; null for
   * anything else, as a network that is away.
   */
  static credentials(problem: unknown): Refused | null {
    if (problem instanceof Refused) return problem;
    if (!(problem instanceof Error) || !("status" in problem) || typeof problem.status !== "number") return null;
    const { status, message } = problem;
    return new Refused(status, message, status >= 400 && status < 500 && !ASK_AGAIN.has(status));
  }
}

/** How long the server asked us to wait at least. */
export function retryAfterOf(problem: Error): number {
  return problem instanceof Refused ? problem.retryAfterMs : 0;
}
