/**
 * What calls a rep who is looking elsewhere: a short sound, a notification of the system's, and the number in the page's title. Each only by
 * the rep's own choice; offers of calls ring by themselves (call/ring).
 */
import type { Place } from "../protocol";
import type { App } from "./app";
import { called } from "./called";
import { show } from "./deeds";
import { preferences } from "./preferences";
import { t, worded } from "./texts";

const TONES_HZ = [660, 880];
const TONE_S = 0.14;
const LOUDNESS = 0.08;

export class Alerts {
  readonly #app: App;
  readonly #told = new Set<string>();
  #audio: AudioContext | null = null;
  #stops: (() => void)[] = [];

  constructor(app: App) {
    this.#app = app;
  }

  begin(): void {
    this.#stops = [
      this.#app.desk.subscribe(() => this.#offers()),
      this.#app.link.on("lobby", (frame) => {
        const entry = frame["entry"] as { type: string; conversation_id: string; actor?: { kind: string; name: string } };
        if (entry.type !== "message.created" || entry.actor?.kind !== "customer") return;
        if (this.#app.desk.has(entry.conversation_id) && (document.hidden || !document.hasFocus())) {
          this.#ring();
          this.#notify(entry.conversation_id, t("alert.message", { name: called(entry.actor.name) }), "");
        }
      }),
    ];
  }

  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    void this.#audio?.close();
    this.#audio = null;
  }

  /** Asks the browser to let the page notify; whether it may. */
  static async permit(): Promise<boolean> {
    if (!("Notification" in window)) return false;
    return (await Notification.requestPermission()) === "granted";
  }

  #offers(): void {
    for (const place of this.#app.desk.offers) {
      if (this.#told.has(place.id)) continue;
      this.#told.add(place.id);
      if (place.channel !== "chat" && !place.callback) continue;
      this.#ring();
      if (document.hidden || !document.hasFocus()) this.#notify(place.conversation_id, t("alert.offer"), this.#about(place));
    }
    for (const id of this.#told) if (!this.#app.desk.offers.some((each) => each.id === id)) this.#told.delete(id);
  }

  #about(place: Place): string {
    const name = called(this.#app.desk.conversations.get(place.conversation_id)?.customer_name);
    return place.reason ? `${name}: ${worded("reason", place.reason)}` : name;
  }

  #notify(conversationId: string, title: string, body: string): void {
    if (!preferences.wishes.notifications || !("Notification" in window) || Notification.permission !== "granted") return;
    const note = new Notification(title, { body, tag: conversationId });
    note.onclick = () => {
      window.focus();
      show(this.#app, conversationId);
      note.close();
    };
  }

  #ring(): void {
    if (!preferences.wishes.sound) return;
    this.#audio ??= new AudioContext();
    const { currentTime, destination } = this.#audio;
    TONES_HZ.forEach((frequency, index) => {
      const [tone, volume] = [this.#audio!.createOscillator(), this.#audio!.createGain()];
      const from = currentTime + index * TONE_S;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(LOUDNESS, from);
      volume.gain.exponentialRampToValueAtTime(0.0001, from + TONE_S);
      tone.connect(volume).connect(destination);
      tone.start(from);
      tone.stop(from + TONE_S);
    });
  }
}
