/** Files on their way into a message: sent as soon as they are chosen, so that saying something does not wait for them. What cannot be sent says why. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { fileSize } from "../../text/formats";
import { Problem } from "../../protocol";
import type { App } from "../app";
import { ACCEPTED, BYTES_MOST, upload } from "../state/files";
import { t } from "../words";

export interface Upload {
  readonly file: File;
  /** Between 0 and 1. */
  share: number;
  /** The attachment's, once it has arrived. */
  id: string | null;
  problem: string;
  readonly stop: AbortController;
}

/** Why a file is not even tried; what a browser does not know the type of is for the server to judge. */
function unfit({ size, type }: File): string {
  if (size > BYTES_MOST) return t("file.too_large", { size: fileSize(BYTES_MOST) });
  if (size === 0) return t("file.empty");
  return type && !(ACCEPTED as readonly string[]).includes(type) && !type.startsWith("text/") ? t("file.type") : "";
}

export class Uploads implements ReactiveController {
  #all: readonly Upload[] = [];

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly app: () => App,
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    for (const each of this.#all) each.stop.abort();
  }

  get all(): readonly Upload[] {
    return this.#all;
  }
  get underway(): boolean {
    return this.#all.some((each) => !each.id && !each.problem);
  }
  /** Of those that have arrived. */
  get ids(): string[] {
    return this.#all.flatMap((each) => (each.id ? [each.id] : []));
  }

  add(file: File): void {
    const made: Upload = { file, share: 0, id: null, problem: unfit(file), stop: new AbortController() };
    this.#put([...this.#all, made]);
    if (!made.problem) void this.#send(made);
  }

  discard(gone: Upload): void {
    gone.stop.abort();
    this.#put(this.#all.filter((each) => each !== gone));
  }

  /** Those that have arrived belong to a message now. */
  said(): void {
    this.#put(this.#all.filter((each) => each.problem));
  }

  async #send(made: Upload): Promise<void> {
    const change = (now: Partial<Upload>): void => {
      Object.assign(made, now);
      this.host.requestUpdate();
    };
    try {
      const app = this.app();
      const log = await app.ensureConversation();
      const { id } = await upload(app, log.id, made.file, (share) => change({ share }), made.stop.signal);
      change({ id, share: 1 });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (!(error instanceof Problem)) throw error;
      const wrong = error.status === 415 || error.status === 422;
      change({ problem: wrong ? t("file.type") : this.app().words(error) });
    }
  }

  #put(all: readonly Upload[]): void {
    this.#all = all;
    this.host.requestUpdate();
  }
}
