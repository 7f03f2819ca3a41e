/**
 * The customer's call as the widget lives it: the check before it, the wait, the ring, the media while it runs, its return after a reload, and
 * how it ended. One for an app; what is drawn watches it.
 *
 * Asks the server and owns the media; draws nothing. What a call is at the server comes from `app.call`; what is only this tab's stands here.
 */
import type { CallMedia, Capture } from "../../media";
import { Observable, Problem, credentials, newId, type Call, type Captions, type Entry } from "../../protocol";
import type { App } from "../app";
import { captionsOf } from "./captions";
import { Claim } from "./claim";
import { choose, chosen, inCall, setInCall } from "./memory";
import { Ringtone } from "./ringtone";
import { Sound } from "./sound";
import { endedBy, joinable, legOf, nameOf, running, stageOf, type Ended, type Stage } from "./states";

export type Kind = "voice" | "video";
/** What the check before a call is for. */
export interface Check {
  media: Kind;
  to: "ask" | "answer";
}

/** Fetched with the first call, not before. */
const fetchMedia = (): Promise<typeof import("../../media")> => import("../../media");
/** A page that is being reloaded lets its lock go within this time. */
const HANDOVER_MS = 1500;

export class Calling extends Observable {
  readonly app: App;
  readonly sound = new Sound();
  check: Check | null = null;
  media: CallMedia | null = null;
  captions: Captions | null = null;
  ended: Ended | null = null;
  /** Something was asked of the server and is not answered yet. */
  busy = false;
  /** Where the media was refused for good. */
  failed: string | null = null;
  readonly #claim = new Claim();
  readonly #ring = new Ringtone();
  #ready: Capture | null = null;
  /** The devices of a call that is to come back after a reload, on their way while the connection is. */
  #waking: Promise<Capture> | null = null;
  #entering = false;
  /** Calls this page has seen alive: of others it says nothing when they are over. */
  readonly #seen = new Map<string, boolean>();
  #log: App["log"] = null;
  #stopLog: (() => void) | null = null;

  constructor(app: App) {
    super();
    this.app = app;
    app.subscribe(() => this.#look());
    this.sound.subscribe(() => this.changed());
    const before = inCall();
    if (before) {
      this.#seen.set(before.callId, false);
      // The devices wake up while the connection does: a reload shall be back soon.
      this.#waking = this.#devices(!before.cameraOff, !before.listening);
    }
    this.#look();
  }

  get call(): Call | null {
    const call = this.app.call?.value ?? null;
    return call?.state === "ended" ? null : call;
  }
  get me(): string | undefined {
    return this.app.session?.person_id;
  }
  get stage(): Stage {
    return stageOf(this.call, this.me, { has: this.media !== null || this.#entering || this.#ready !== null, restoring: this.media?.state === "reconnecting" });
  }
  /** Somebody is to be talked to now, in this tab. */
  get running(): boolean {
    return running(this.stage);
  }
  /** The rep whose call it is, or the one who rings. */
  get repName(): string {
    const { call } = this;
    const entries = this.app.log?.entries ?? [];
    const id = call?.rep_id ?? (call && call.requested_by !== this.me ? call.requested_by : null) ?? this.ended?.repId ?? this.app.rep?.id;
    return nameOf(entries, id) || (id === this.app.rep?.id ? (this.app.rep?.name ?? "") : "");
  }
  /** A reload is on its way back into its call. */
  get returning(): boolean {
    return this.#waking !== null;
  }
  /** Whether nothing at all is to be shown of calls. */
  get idle(): boolean {
    return !this.check && !this.ended && !this.returning && this.stage === "none";
  }

  // --- before a call

  /** Opens the check of devices, and then asks for a call, or answers the one that rings. */
  begin(media: Kind, to: Check["to"] = "ask"): void {
    this.ended = null;
    this.failed = null;
    this.check = { media, to };
    this.app.show("call");
    this.app.openPanel();
    this.changed();
  }

  /** The check is over without a call. */
  giveUp(): void {
    const { check } = this;
    this.check = null;
    if (check?.to === "ask") this.#toChat();
    this.changed();
  }

  /** The devices are there (or not): asks for the call, or takes the one that rings. The capture belongs to the call from here on. */
  async go(ready: Capture, media: Kind): Promise<void> {
    const { check } = this;
    if (!check || this.busy) return;
    this.#ready = ready;
    const done = await this.#ask(async () => {
      if (check.to === "answer") {
        const { call } = this;
        if (!call) return;
        const answered = await this.app.link.ask("call.accept", { call_id: call.id });
        this.app.call?.put(answered);
      } else {
        const log = await this.app.ensureConversation();
        const id = newId("call");
        this.#seen.set(id, true);
        this.app.call?.put(await this.app.link.ask("call.request", { conversation_id: log.id, id, media, to: "anybody" }));
      }
      this.check = null;
    });
    if (!done) {
      this.#ready = null;
      stop(ready);
    }
    this.#look();
  }

  /** Takes back a call that nobody has taken yet. */
  cancel(): Promise<boolean> {
    return this.#byId(async (call_id) => this.app.call?.put(await this.app.link.ask("call.cancel", { call_id })));
  }

  /** Does not take the call that rings. */
  decline(): Promise<boolean> {
    this.#ring.stop();
    return this.#byId(async (call_id) => this.app.call?.put(await this.app.link.ask("call.decline", { call_id })));
  }

  /** Rather be called back: the place in the queue is kept. */
  async callBack(): Promise<void> {
    await this.#ask(() => this.app.onPlace("queue.callback"));
  }

  // --- in a call

  hangUp(): Promise<boolean> {
    return this.#byId(async (call_id) => this.app.call?.put(await this.app.link.ask("call.hang_up", { call_id })));
  }

  /** Takes the call from the tab that has it. */
  takeOver(): Promise<void> {
    const { call } = this;
    if (!call) return Promise.resolve();
    this.app.openPanel();
    return this.#enter(call, { steal: true });
  }

  /** Tries again where the server had refused the media. */
  async retry(): Promise<void> {
    this.failed = null;
    this.changed();
    await this.#open();
  }

  async mute(muted: boolean): Promise<void> {
    await this.media?.setMuted("audio", muted);
    this.#remember();
    // Whom a rep has muted is not heard, whatever they send: the customer may undo it.
    const leg = legOf(this.call, this.me);
    if (!muted && leg?.muted) await this.#byId((call_id) => this.app.link.ask("call.mute", { call_id, muted: false }));
    this.changed();
  }

  /** Turns the camera on or off. In a voice call everybody's cameras come with it. */
  async camera(on: boolean): Promise<void> {
    const { media, call } = this;
    if (!media || !call) return;
    if (!on) await media.setMuted("video", true);
    else {
      if (call.media === "voice") {
        const changed = await this.#byId(async (call_id) => this.app.call?.put(await this.app.link.ask("call.change_media", { call_id, media: "video" })));
        if (!changed) return;
      }
      if (media.local.video || media.isMuted("video")) await media.setMuted("video", false);
      if (!media.local.video) await media.addVideo(chosen().camera);
    }
    this.#remember();
    this.changed();
  }

  get cameraOn(): boolean {
    return Boolean(this.media?.local.video);
  }

  /** Shows what is said as text, or no longer. */
  readCaptions(on: boolean): void {
    choose({ captions: on });
    this.captions?.read(on);
  }

  /** Back to sound alone, for everybody. */
  async voiceOnly(): Promise<void> {
    await this.media?.removeVideo();
    this.#remember();
    this.changed();
  }

  async useDevice(kind: "audioinput" | "videoinput" | "audiooutput", id: string): Promise<void> {
    await this.media?.useDevice(kind, id);
    choose({ [{ audioinput: "microphone", videoinput: "camera", audiooutput: "speaker" }[kind]]: id });
    this.changed();
  }

  /** The call that was is no longer talked of. */
  dismiss(): void {
    this.ended = null;
    this.changed();
  }

  /** Nothing is written of who is muted, on hold or pays. */
  protected override changed(): void {
    const { media, call } = this;
    const heard = media && this.stage === "active" && call?.payment_step !== true && !media.isMuted("audio") && legOf(call, this.me)?.muted !== true;
    this.captions?.hear(heard ? media.local.audio : null);
    super.changed();
  }

  #toChat(): void {
    if (this.app.view === "call") this.app.show(this.app.log ? "chat" : "home");
  }

  // --- following the server

  #look(): void {
    if (this.app.log !== this.#log) {
      this.#stopLog?.();
      this.#log = this.app.log;
      this.#stopLog = this.#log?.onEntry((entry) => this.#heard(entry)) ?? null;
    }
    const { call, stage } = this;
    if (call) this.#seen.set(call.id, call.requested_by === this.me);
    if (stage === "rung" && !this.check) this.#ring.start();
    else this.#ring.stop();
    if (this.check?.to === "answer" && stage !== "rung" && !this.busy) this.check = null;
    const inIt = joinable(call, this.me);
    if (call && inIt && !this.media && !this.#entering) {
      if (this.#ready) void this.#enter(call, { steal: true });
      else if (inCall()?.callId === call.id) void this.#enter(call, { steal: false });
    } else if (!inIt && this.media && this.app.call?.value !== undefined && this.#over()) void this.#leave();
    if (!call && !this.busy && this.#ready && !this.check && !this.#entering && this.#over()) {
      stop(this.#ready);
      this.#ready = null;
    }
    this.changed();
  }

  /** Whether the server has said that there is no call here, which is more than not having been heard yet. */
  #over(): boolean {
    const followed = this.app.call;
    return !followed || (followed.value === null && !followed.problem) || followed.value?.state === "ended" || (followed.value !== null && !joinable(followed.value, this.me));
  }

  #heard(entry: Entry): void {
    if (entry.type !== "call.ended") return;
    const id = entry.data["call_id"] as string;
    if (!this.#seen.has(id)) return;
    const own = this.#seen.get(id) === true;
    this.#seen.delete(id);
    this.ended = endedBy(entry, own);
    if (inCall()?.callId === id) setInCall(null);
    void this.#waking?.then(stop);
    this.#waking = null;
    void this.#leave();
  }

  // --- media

  async #enter(call: Call, { steal }: { steal: boolean }): Promise<void> {
    if (this.media || this.#entering) return;
    this.#entering = true;
    this.changed();
    const before = inCall();
    const again = before?.callId === call.id;
    const ready = this.#ready ?? (again ? this.#waking : null) ?? this.#devices(call.media === "video" && !(again && before.cameraOff), !(again && before.listening));
    this.#ready = this.#waking = null;
    const mine = await this.#claim.take({ waitMs: HANDOVER_MS, steal }, () => void this.#leave());
    const [capture, made] = await Promise.all([ready, fetchMedia()]);
    this.#entering = false;
    if (!mine || !this.call || this.call.id !== call.id) {
      stop(capture);
      // Another tab has it, which this one is a copy of.
      if (!mine) setInCall(null);
      else this.#claim.release();
      this.changed();
      return;
    }
    const media = made.callMedia(credentials(this.app.link, this.app.origin, call.id), capture, {
      announceScreen: async (on) => void this.app.call?.put(await this.app.link.ask("call.share_screen", { call_id: call.id, on })),
    });
    this.media = media;
    this.captions = captionsOf(this.app, call, made);
    this.captions.subscribe(() => this.changed());
    this.app.holdCall(call.id);
    for (const event of ["state", "remote", "local", "quality"]) media.addEventListener(event, () => this.#mediaChanged(media));
    if (again && before.muted) await media.setMuted("audio", true);
    const { speaker } = chosen();
    if (speaker) await media.useDevice("audiooutput", speaker);
    this.#remember();
    this.changed();
    await this.#open();
  }

  async #devices(video: boolean, audio: boolean): Promise<Capture> {
    const { microphone, camera } = chosen();
    if (!audio && !video) return { audio: null, video: null, trouble: null };
    const { capture } = await fetchMedia();
    return await capture({ audio, video, ...(microphone ? { microphone } : {}), ...(camera ? { camera } : {}) });
  }

  async #open(): Promise<void> {
    const { media } = this;
    if (!media) return;
    try {
      await media.open();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // The call may just have ended: then the timeline says so, and this is of no interest.
      if (this.media === media && media.state === "failed") this.failed = error.message;
      this.changed();
    }
  }

  #mediaChanged(media: CallMedia): void {
    if (media !== this.media) return;
    this.sound.play(media.sounds, media.speaker);
    if (media.state === "failed") this.failed ??= media.problem ?? "";
    else this.failed = null;
    this.changed();
  }

  async #leave(): Promise<void> {
    const { media } = this;
    this.media = null;
    this.captions?.close();
    this.captions = null;
    this.sound.stop();
    this.#claim.release();
    this.app.holdCall(null);
    if (!joinable(this.call, this.me)) setInCall(null);
    this.changed();
    await media?.close();
  }

  #remember(): void {
    const { media, call } = this;
    if (!media || !call) return;
    setInCall({ callId: call.id, muted: media.isMuted("audio"), cameraOff: !media.local.video, listening: !media.local.audio });
  }

  // --- asking

  #byId(work: (callId: string) => Promise<unknown>): Promise<boolean> {
    const { call } = this;
    return call ? this.#ask(() => work(call.id)) : Promise.resolve(false);
  }

  /** Whether it was done; where not, the visitor is told why. */
  async #ask(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.changed();
    try {
      await work();
      return true;
    } catch (error) {
      this.app.report(error);
      if (error instanceof Problem && error.status === 409) void this.app.call?.refresh();
      return false;
    } finally {
      this.busy = false;
      this.changed();
    }
  }
}

export const stop = (capture: Capture): void => {
  capture.audio?.stop();
  capture.video?.stop();
};

const made = new WeakMap<App, Calling>();

/** The app's one. */
export function callingOf(app: App): Calling {
  let calling = made.get(app);
  if (!calling) made.set(app, (calling = new Calling(app)));
  return calling;
}
