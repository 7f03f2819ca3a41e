/** A stand-in for the server's end of the socket, for tests: hands out sockets, remembers what they were sent, answers by hand. */

/** What a client sent: a frame. */
export type Sent = { type: string; id?: string } & Record<string, unknown>;

export class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: Sent[] = [];
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }

  close(): void {
    this.readyState = 3;
  }

  // --- the server's side

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  says(frame: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcomes(more: Record<string, unknown> = {}): void {
    this.opens();
    const caller = { id: "cust_1", role: "customer", name: "Ana", verified: false, expires_at: null };
    this.says({ type: "welcome", id: null, protocol: 1, caller, resumed: false, resume: "resume-1", lobby: false, heartbeat_s: 25, conversations: [], ...more });
  }

  entry(seq: number, type = "message.created", data: Record<string, unknown> = { id: `msg_${seq}`, text: `text ${seq}` }, actor = { kind: "rep", id: "rep_1", name: "Rita" }): void {
    this.says({ type: "entry", entry: { conversation_id: "conv_1", seq, type, at: "2026-01-01T10:00:00Z", actor, data } });
  }

  breaks(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }

  of(type: string): Sent[] {
    return this.sent.filter((each) => each.type === type);
  }
}

export class FakeServer {
  readonly sockets: FakeSocket[] = [];
  readonly open = (url: string): WebSocket => {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };

  /** The newest socket. */
  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }
}
