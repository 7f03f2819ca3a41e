/** What the server refuses with (RFC 9457 problem details), and what the network refuses with, as one error. */

export interface ProblemDetails {
  type?: string;
  title?: string;
  status: number;
  detail: string;
  code: string;
  errors?: { pointer: string; code: string; detail?: string }[];
}

/** `status` 0: nothing answered. `code` is a stable word for programs; `message` is the server's sentence, in English. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly { pointer: string; code: string; detail?: string }[];

  constructor(details: ProblemDetails) {
    super(details.detail || details.title || details.code);
    this.name = "Problem";
    this.status = details.status;
    this.code = details.code;
    this.errors = details.errors ?? [];
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** No answer: offline, or the server is away. */
export const unreachable = (): Problem => new Problem({ status: 0, code: "unreachable", detail: "The server cannot be reached." });
