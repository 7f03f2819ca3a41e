/**
 * The one call this page is in, from the first ring to the end: what the server says of it, its media, and everything that can be done.
 *
 * Lives beside the page, not in it: sound goes on whatever conversation is looked at. It draws nothing. `calling.ts` makes and ends it.
 */
import { callMedia, bindSound, capture, type CallMedia, type Capture, type CaptureTrouble } from "../../media";
import { credentials, newId, Observable, Problem, type Call, type Captions, type Entry, type OperationName, type Asking } from "../../protocol";
import type { App } from "../app";
import { called } from "../called";
import type { Opened } from "../opened";
import { captionsOf } from "./captions";
import { controls, ENTERED, legOf, pendingTransfer, runs, type Controls, type Leg } from "./controls";
import { kept, keep, wish } from "./kept";
import { t } from "./texts";
import { mishap, type Outcome } from "./transfers";

export interface LegQuality {
  level: "good" | "fair" | "poor";
  rtt_ms: number;
  loss_percent: number;
}
/** Whether the customer lets the call be recorded. */
export type Consent = "granted" | "refused" | "asked" | "missing";
export type How = "monitor" | "whisper" | "barge";

const CONCERNS = /^(call|recording|supervisor|payment|consent)\./;
/** Entries tell of every change at once; this is for what they cannot tell, such as a socket that lost its watch. */
const LOOK_AGAIN_MS = 5000;

export class ActiveCall extends Observable {
  readonly app: App;
  readonly id: string;
  readonly opened: Opened;
  media: CallMedia | null = null;
  /** Not for supervisors, who may be unseen: whoever reads is known to read. */
  captions: Captions | null = null;
  /** Why a device could not be had when the call began; the media's own word later. */
  trouble: CaptureTrouble | null = null;
  /** The browser wants a click before it plays. */
  soundBlocked = false;
  /** How the last transfer went wrong, until somebody has read it. */
  mishap: { outcome: Outcome; who: string } | null = null;
  /** What the server refused last, in its words, until somebody has read it. */
  problem: string | null = null;
  /** Acts that are on their way to the server. */
  readonly busy = new Set<string>();
  #call: Call;
  #over = false;
  #entering = false;
  #captured: Promise<Capture> | null = null;
  #reading = false;
  #stale = false;
  #onEnd: (call: Call) => void;
  readonly #audio = new Audio();
  /** What the log had when this began: older entries that are read now are no news. */
  readonly #begunAt: number;
  #stops: (() => void)[] = [];

  /** `captured`: devices that were asked for already. `onEnd`: the call is over for this person, as it stands then. */
  constructor(app: App, call: Call, onEnd: (call: Call) => void, captured: Promise<Capture> | null = null) {
    super();
    this.app = app;
    this.id = call.id;
    this.#call = call;
    this.#onEnd = onEnd;
    this.#captured = captured;
    this.opened = app.open(call.conversation_id);
    this.#begunAt = Math.max(this.opened.log.seq, this.opened.conversation?.seq ?? Infinity);
    const timer = setInterval(() => void this.refresh(), LOOK_AGAIN_MS);
    this.#stops = [
      () => clearInterval(timer),
      app.link.on("welcome", () => void this.refresh()),
      this.opened.log.onEntry((entry) => this.#heard(entry)),
      this.opened.subscribe(() => this.changed()),
      app.desk.subscribe(() => this.changed()),
    ];
    this.put(call);
  }

  get call(): Call {
    return this.#call;
  }
  get conversationId(): string {
    return this.#call.conversation_id;
  }
  get me(): string {
    return this.app.me.id;
  }
  get own(): Leg | null {
    return legOf(this.#call, this.me);
  }
  get controls(): Controls {
    return controls(this.#call, this.me, this.consent === "granted");
  }
  get customer(): string {
    return this.name(this.#call.customer_id);
  }
  get supervising(): How | null {
    return (this.own?.supervising as How | null | undefined) ?? null;
  }
  /** Seconds since everybody was there. */
  get seconds(): number {
    return this.#call.connected_at ? Math.max(0, (Date.now() - Date.parse(this.#call.connected_at)) / 1000) : 0;
  }
  /** Muted here, or for everybody by somebody else. */
  get muted(): boolean {
    return this.own?.muted === true || (this.media?.isMuted("audio") ?? false);
  }
  get cameraOn(): boolean {
    return this.media?.local.video != null;
  }
  get consent(): Consent {
    const entry = this.opened.log.entries.findLast((each) => each.type.startsWith("consent.") && each.data?.["purpose"] === "recording");
    const said = { "consent.granted": "granted", "consent.refused": "refused", "consent.asked": "asked" } as const;
    return said[entry?.type as keyof typeof said] ?? "missing";
  }

  /** How somebody is called. */
  name(personId: string | null): string {
    if (personId === this.me) return this.app.me.name || t("who.you");
    const opened = this.opened;
    const known = opened.participants.find((each) => each.id === personId)?.name || this.app.desk.reps.get(personId ?? "")?.name;
    if (personId === this.#call.customer_id) return called(opened.name || known || this.#said(personId));
    return known || this.#said(personId) || t("who.rep");
  }

  qualityOf(legId: string): LegQuality | null {
    const entry = this.opened.log.entries.findLast((each) => each.type === "call.quality_changed" && each.data["leg_id"] === legId);
    if (!entry) return null;
    return { level: entry.data["quality"] as LegQuality["level"], rtt_ms: entry.data["rtt_ms"] as number, loss_percent: entry.data["loss_percent"] as number };
  }

  // --- what can be done

  async hangUp(): Promise<void> {
    const before = !runs(this.#call);
    await this.act("hang_up", before && this.#call.requested_by === this.me ? "call.cancel" : "call.hang_up", {});
  }

  async toggleMute(): Promise<void> {
    const muted = this.muted;
    if (muted && this.own?.muted) await this.act("mute", "call.mute", { muted: false });
    try {
      await this.media?.setMuted("audio", !muted);
    } catch {
      // The microphone is not to be had again: `media.trouble` says why, and the stage shows the way out.
    }
    this.changed();
  }

  /** On: asks for a camera, and makes a voice call a video call. Off: the camera's light goes out. */
  async toggleCamera(): Promise<void> {
    const { media } = this;
    if (!media) return;
    if (media.local.video) return void (await this.#device(() => media.setMuted("video", true)));
    if (this.#call.media === "voice" && !(await this.act("camera", "call.change_media", { media: "video" }))) return;
    await this.#device(() => (media.isMuted("video") ? media.setMuted("video", false) : media.addVideo(kept().camera)));
  }

  /** Shows what is said as text, or no longer. */
  readCaptions(): void {
    if (!this.captions) return;
    this.captions.read(!this.captions.reading);
    keep({ captions: this.captions.reading });
  }

  async toVoice(): Promise<void> {
    if (await this.act("camera", "call.change_media", { media: "voice" })) await this.media?.removeVideo();
  }

  async toggleScreen(): Promise<void> {
    const { media } = this;
    if (!media) return;
    if (media.local.screen || this.own?.screen) {
      await media.stopScreen();
      if (this.own?.screen) await this.act("screen", "call.share_screen", { on: false });
      return;
    }
    try {
      await media.shareScreen();
    } catch (error) {
      // Whoever closes the browser's own picker has changed their mind, which is no fault.
      console.info("Tresen: no screen is shared.", error);
    }
    this.changed();
  }

  hold(on: boolean): Promise<boolean> {
    return this.act("hold", on ? "call.hold" : "call.resume", {});
  }

  transfer(kind: "warm" | "cold", to: { rep_id?: string; requirement?: string }): Promise<boolean> {
    this.mishap = null;
    return this.act("transfer", "call.transfer", { id: newId("xfer"), kind, ...to });
  }

  transferStep(step: "complete" | "swap" | "abort"): Promise<boolean> {
    const transfer_id = this.#call.transfer?.id ?? "";
    return this.act(step, `call.${step}_transfer`, { transfer_id });
  }

  add(repId: string): Promise<boolean> {
    return this.act("add", "call.add", { rep_id: repId });
  }

  remove(legId: string): Promise<boolean> {
    return this.act("remove", "call.remove", { leg_id: legId });
  }

  muteOther(legId: string, muted: boolean): Promise<boolean> {
    return this.act("mute_other", "call.mute", { leg_id: legId, muted });
  }

  async toggleRecording(): Promise<void> {
    if (this.#call.recording) await this.act("record", "call.stop_recording", {});
    else await this.act("record", "call.record", { id: newId("rec") });
  }

  async askConsent(): Promise<void> {
    await this.attempt("consent", () => this.app.link.ask("consent.ask", { conversation_id: this.conversationId, purpose: "recording", scope: "call" }));
  }

  /** Another part of a supervisor's; who begins to be heard, or ceases to be, connects anew. */
  async supervise(how: How): Promise<void> {
    const silent = this.supervising === "monitor";
    if (!(await this.act("supervise", "call.supervise", { how }))) return;
    if (silent !== (how === "monitor")) await this.connectAgain();
  }

  async useDevice(kind: "audioinput" | "videoinput" | "audiooutput", deviceId: string): Promise<void> {
    keep({ [kind === "audioinput" ? "microphone" : kind === "videoinput" ? "camera" : "speaker"]: deviceId });
    await this.#device(async () => this.media?.useDevice(kind, deviceId));
    if (kind === "audiooutput") void this.play();
  }

  /** Gives up the present connection and makes another, with devices asked for anew. */
  async connectAgain(): Promise<void> {
    const { media } = this;
    this.media = null;
    await media?.close();
    this.#captured = null;
    await this.#enter();
  }

  /** Plays what is to be heard; also what a click is for that the browser wanted. */
  async play(): Promise<void> {
    const { media } = this;
    if (!media) return;
    this.soundBlocked = !(await bindSound(this.#audio, media.sounds, media.speaker));
    this.changed();
  }

  /** Leaves without a word to the server: another window has the call from now on. */
  drop(): void {
    this.#end();
  }

  /** Does something to the call; false where it was refused, and `problem` says why. */
  async act<Name extends OperationName>(what: string, name: Name, fields: Omit<Asking<Name>, "call_id">): Promise<boolean> {
    return this.attempt(what, async () => {
      const answer = await this.app.link.ask(name, { ...fields, call_id: this.id } as unknown as Asking<Name>);
      this.put(answer as unknown as Call);
    });
  }

  async attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy.has(what)) return false;
    this.busy.add(what);
    this.problem = null;
    this.changed();
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error.message;
      void this.refresh();
      return false;
    } finally {
      this.busy.delete(what);
      this.changed();
    }
  }

  dismiss(): void {
    this.problem = this.mishap = null;
    this.changed();
  }

  /** Nothing is written of who is muted, not talking with the customer, or while the customer pays. */
  protected override changed(): void {
    const { media, captions } = this;
    const heard = media && this.controls.standing === "talking" && !this.muted && !this.#call.payment_step;
    captions?.hear(heard ? media.local.audio : null);
    super.changed();
  }

  // --- what the server says

  /** Reads the call anew; never two readings at once. */
  async refresh(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#stale && !this.#over) {
      this.#stale = false;
      try {
        this.put(await this.app.link.ask("call.read", { call_id: this.id }));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // The next look reads it; meanwhile the last state stands.
        console.info("Tresen: the call cannot be read.", error);
      }
    }
    this.#reading = false;
  }

  put(call: Call): void {
    if (this.#over) return;
    const before = this.#call;
    this.#call = call;
    this.#tellMishaps(before, call);
    this.changed();
    const own = this.own;
    if (call.state === "ended" || !own) {
      this.#end();
      this.#onEnd(call);
      return;
    }
    if (before.media === "video" && call.media === "voice") void this.media?.removeVideo();
    if (runs(call) && ENTERED.has(own.state) && !this.media) void this.#enter();
  }

  #heard(entry: Entry): void {
    if (CONCERNS.test(entry.type)) void this.refresh();
    if (entry.type === "recording.stopped" && entry.data["reason"] === "consent_withdrawn" && entry.data["call_id"] === this.id && entry.seq > this.#begunAt) this.app.notice(t("record.withdrawn"), "warning");
    this.changed();
  }

  #tellMishaps(before: Call, now: Call): void {
    const [was, is] = [before.transfer, now.transfer];
    if (was && is && was.id === is.id && was.state !== is.state && !pendingTransfer(now)) {
      const outcome = mishap(is.state);
      const target = now.legs.find((leg) => leg.id === (is.target_leg_id ?? was.target_leg_id))?.person_id ?? is.target_rep_id;
      const mine = now.legs.find((leg) => leg.id === is.from_leg_id)?.person_id === this.me;
      if (outcome && mine) this.mishap = { outcome, who: target ? this.name(target) : t("who.rep") };
    }
    for (const leg of now.legs) {
      const former = before.legs.find((each) => each.id === leg.id);
      if (former?.state !== "ringing" || leg.role !== "rep" || leg.person_id === this.me || leg.id === is?.target_leg_id || !runs(before)) continue;
      if (leg.state === "declined") this.app.notice(t("add.declined", { who: this.name(leg.person_id) }), "warning");
      if (leg.state === "missed") this.app.notice(t("add.missed", { who: this.name(leg.person_id) }), "warning");
    }
  }

  #said(personId: string | null): string {
    return this.opened.log.entries.findLast((each) => each.actor.id === personId && each.actor.name)?.actor.name ?? "";
  }

  // --- media

  async #enter(): Promise<void> {
    if (this.#entering || this.#over) return;
    this.#entering = true;
    try {
      const silent = this.supervising === "monitor";
      const got: Capture = silent ? { audio: null, video: null, trouble: null } : await (this.#captured ?? capture(wish(this.#call.media === "video" && !this.supervising)));
      this.#captured = null;
      if (this.#over) return release(got);
      this.trouble = got.trouble;
      const { app } = this;
      const join = credentials(app.link, app.rest.url("/"), this.id);
      const ask = async (): ReturnType<typeof join> => ({ ...(await join()), ...(silent ? { whip: null as unknown as string } : {}) });
      const media = callMedia(ask, got, { announceScreen: (shown) => this.#announce(shown) });
      this.media = media;
      if (this.own?.role === "rep" && !this.captions) {
        this.captions = captionsOf(app, this.opened);
        this.#stops.push(this.captions.subscribe(() => this.changed()));
      }
      media.speaker !== kept().speaker && kept().speaker && void media.useDevice("audiooutput", kept().speaker ?? "");
      media.addEventListener("remote", () => void this.play());
      for (const event of ["state", "local", "quality"]) media.addEventListener(event, () => this.changed());
      this.changed();
      await media.open().catch((error: unknown) => {
        // `media.problem` says it, and the stage offers to try again.
        console.info("Tresen: no media.", error);
      });
    } finally {
      this.#entering = false;
      this.changed();
    }
  }

  async #announce(shown: boolean): Promise<void> {
    if ((this.own?.screen ?? false) === shown || this.#over) return;
    this.put(await this.app.link.ask("call.share_screen", { call_id: this.id, on: shown }));
  }

  async #device(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      console.info("Tresen: a device cannot be used.", error);
      this.app.notice(t("act.device.failed"), "warning");
    }
    this.changed();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const stop of this.#stops) stop();
    this.captions?.close();
    void this.#captured?.then(release);
    void this.media?.close();
    this.#audio.srcObject = null;
    this.changed();
  }
}

function release(captured: Capture): void {
  captured.audio?.stop();
  captured.video?.stop();
}
