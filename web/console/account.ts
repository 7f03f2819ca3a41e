/**
 * Who is signed in at this browser, and the token that says so: begun by password or by the shop's OpenID provider, renewed while it
 * lasts, kept over reloads. Knows nothing of what the session is used for.
 */
import { Observable, Problem, type Answer, type Rest } from "../protocol";

export type Session = Answer<"login.password">;

const KEPT = "tresen.console.session";
const LOGIN_SECRET = "tresen.console.login";
/** A token that is good for less than this is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000;
/** Renewing serves the staff's session; past it somebody signs in again. */
const OVER = new Set([401, 403]);

function kept(): Session | null {
  const text = localStorage.getItem(KEPT);
  if (text === null) return null;
  try {
    const session = JSON.parse(text) as Session;
    return typeof session.token === "string" && Date.parse(session.ends_at) > Date.now() ? session : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

export class Account extends Observable {
  #session: Session | null = kept();
  #renewal: Promise<Session> | null = null;
  /** The session ended by itself: said on the sign-in page. */
  expired = false;
  readonly #rest: Rest;

  constructor(rest: Rest) {
    super();
    this.#rest = rest;
    // Signing out, or in as somebody else, in another tab counts here too.
    addEventListener("storage", (event) => {
      if (event.key !== KEPT && event.key !== null) return;
      this.#session = kept();
      this.changed();
    });
  }

  get session(): Session | null {
    return this.#session;
  }

  async signIn(login: string, password: string): Promise<void> {
    this.#take(await this.#rest.json<Session>("/v1/login", { body: { login, password } }));
  }

  /** Where the provider asks the person; the browser goes there and comes back to `redirectUri`. */
  async openIdAddress(redirectUri: string): Promise<string> {
    const begun = await this.#rest.json<Answer<"login.openid">>("/v1/login/openid", { body: { redirect_uri: redirectUri } });
    sessionStorage.setItem(LOGIN_SECRET, begun.login_secret);
    return begun.authorization_url;
  }

  /** Goes on where the provider has sent the browser back. */
  async openIdFinish(state: string, code: string): Promise<void> {
    const secret = sessionStorage.getItem(LOGIN_SECRET) ?? "-";
    sessionStorage.removeItem(LOGIN_SECRET);
    this.#take(await this.#rest.json<Session>("/v1/login/openid/finish", { body: { state, code, login_secret: secret } }));
  }

  /** A token that is good now. Problem 401 where nobody is signed in any more. */
  async token(renew = false): Promise<string> {
    const session = this.#session;
    if (!session) throw new Problem({ status: 401, code: "signed_out", detail: "Nobody is signed in." });
    if (!renew && Date.parse(session.expires_at) - Date.now() > RENEW_BEFORE_MS) return session.token;
    this.#renewal ??= this.#rest.json<Session>("/v1/sessions/renew", { body: { token: session.token } }).finally(() => (this.#renewal = null));
    try {
      const fresh = await this.#renewal;
      if (this.#session === session) this.#take(fresh);
      return fresh.token;
    } catch (error) {
      if (error instanceof Problem && OVER.has(error.status)) this.over();
      throw error;
    }
  }

  /** The session has ended by itself: whoever was here signs in again. */
  over(): void {
    if (!this.#session) return;
    this.expired = true;
    this.#forget();
  }

  /** Ends the session, at the server too where it can be reached. */
  async signOut(): Promise<void> {
    const session = this.#session;
    this.expired = false;
    this.#forget();
    if (!session) return;
    try {
      await this.#rest.json("/v1/session", { method: "DELETE", token: session.token });
    } catch (error) {
      // The token is forgotten here; the server ends it by its time.
      if (!(error instanceof Problem)) throw error;
    }
  }

  #take(session: Session): void {
    this.#session = session;
    this.expired = false;
    localStorage.setItem(KEPT, JSON.stringify(session));
    this.changed();
  }

  #forget(): void {
    this.#session = null;
    localStorage.removeItem(KEPT);
    this.changed();
  }
}
