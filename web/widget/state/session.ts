/**
 * Who the visitor is to the server: nobody known, or the customer whom the shop's page vouches for.
 *
 * The shop's callback is asked for a token when a session begins and whenever one is renewed. A token of another customer, or none any
 * more, ends what was before: `onOther` is called first, then the new session begins.
 */
import { Problem, type Rest, type Schemas } from "../../protocol";
import type { Store, StoredSession } from "./store";

/** What `tresen('identify', ...)` is given: calls back with the shop's token, or with nothing when nobody is logged in. */
export type Identify = (done: (token?: string | null) => void) => void;

/** A token that expires sooner than this is renewed before it is used. */
const GOOD_FOR_MS = 60_000;
/** A shop's callback that never calls back must not hold the visitor up for ever. */
const CALLBACK_WITHIN_MS = 15_000;

export class Session {
  identify: Identify | null = null;
  /** What the page's script says about the visitor; see the page's context. */
  attributes: () => Record<string, string> = () => ({});
  onOther: () => void = () => undefined;
  readonly #rest: Rest;
  readonly #store: Store;
  readonly #siteId: string;
  #coming: Promise<StoredSession> | null = null;
  #stopped = 0;

  constructor(rest: Rest, store: Store, siteId: string) {
    this.#rest = rest;
    this.#store = store;
    this.#siteId = siteId;
  }

  get current(): StoredSession | null {
    return this.#store.get("session");
  }

  /** A token that is good now. `renew`: the one given before was refused, or ends soon. */
  async token(renew = false): Promise<string> {
    const current = this.current;
    if (!renew && current && Date.parse(current.expires_at) - Date.now() > GOOD_FOR_MS) return current.token;
    return (await this.#once(() => this.#renewed())).token;
  }

  /** Asks the shop who is there, after a page was loaded or the shop said that it may be somebody else. Whether the session is another now. */
  async check(): Promise<boolean> {
    const before = this.current;
    if (!this.identify) return false;
    await this.#once(async () => {
      const token = await this.#vouched();
      const sub = token ? subject(token) : null;
      if (before && sub === before.sub) return before;
      return await this.#begun(before, token);
    });
    return this.current?.person_id !== before?.person_id;
  }

  /** Ends the session here and at the server. */
  async end(): Promise<void> {
    this.#stopped++;
    this.#coming = null;
    const current = this.current;
    this.#store.forget();
    if (current) await this.#rest.json("/v1/session", { method: "DELETE", token: current.token });
  }

  #once(work: () => Promise<StoredSession>): Promise<StoredSession> {
    this.#coming ??= work().finally(() => (this.#coming = null));
    return this.#coming;
  }

  async #renewed(): Promise<StoredSession> {
    const current = this.current;
    const token = await this.#vouched();
    if (!current || (this.identify && (token ? subject(token) : null) !== current.sub)) return await this.#begun(current, token);
    if (token) return await this.#begun(null, token);
    try {
      return this.#keep(await this.#rest.json<Schemas["Session"]>("/v1/sessions/renew", { body: { token: current.token } }), current.sub);
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.passing) throw problem;
      // It has come to its end: what hung on it belongs to nobody here any more.
      return await this.#begun(current, null);
    }
  }

  /** `before`: the session that ends with this, merged into the new one where it was a visitor's. */
  async #begun(before: StoredSession | null, token: string | null): Promise<StoredSession> {
    const turn = this.#stopped;
    const merges = before !== null && before.sub === null && token !== null;
    if (before && !merges) {
      this.#store.forget();
      this.onOther();
    }
    const body = {
      site_id: this.#siteId,
      ...(token ? { token } : {}),
      ...(before && token ? { previous_token: before.token } : {}),
      unverified_attributes: this.attributes(),
    };
    const session = await this.#rest.json<Schemas["Session"]>("/v1/sessions", { body });
    if (turn !== this.#stopped) throw new Problem({ status: 401, code: "session_ended", detail: "The session was ended meanwhile." });
    return this.#keep(session, token ? subject(token) : null);
  }

  #keep(session: Schemas["Session"], sub: string | null): StoredSession {
    const { token, expires_at, person_id, name, verified, cart_id } = session;
    const kept = { token, expires_at, person_id, name, verified, cart_id: cart_id ?? null, sub };
    this.#store.set("session", kept);
    return kept;
  }

  async #vouched(): Promise<string | null> {
    const identify = this.identify;
    if (!identify) return null;
    return await new Promise<string | null>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Problem({ status: 0, code: "identify_silent", detail: "The shop's identify callback did not call back." })),
        CALLBACK_WITHIN_MS,
      );
      identify((token) => {
        clearTimeout(late);
        resolve(token || null);
      });
    });
  }
}

/** Whom a shop's token is about; it is the server that checks it. A token that cannot be read is refused there. */
export function subject(token: string): string | null {
  try {
    const middle = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(middle), (each) => each.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown };
    return typeof claims.sub === "string" ? claims.sub : null;
  } catch {
    return null;
  }
}
