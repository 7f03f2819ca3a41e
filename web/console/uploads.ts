/** Files on their way into a message: uploaded as soon as they are chosen, so that sending does not wait for them. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { Problem } from "../protocol";
import { upload } from "./files";
import type { Opened } from "./opened";

export interface Uploading {
  name: string;
  done: string | null;
  problem: Problem | null;
  abort: AbortController;
}

/** As many as one message takes. */
const FILES_MOST = 10;

export class Uploads implements ReactiveController {
  #opened: Opened | null = null;
  #files: Uploading[] = [];
  readonly #host: ReactiveControllerHost;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    // Nothing to begin with.
  }

  set opened(opened: Opened) {
    if (opened === this.#opened) return;
    this.#opened = opened;
    this.clear();
  }

  get files(): readonly Uploading[] {
    return this.#files;
  }
  get busy(): boolean {
    return this.#files.some((each) => !each.done && !each.problem);
  }
  /** Of those that have arrived. */
  get ids(): string[] {
    return this.#files.flatMap((each) => (each.done ? [each.done] : []));
  }

  add(files: File[]): void {
    for (const file of files.slice(0, FILES_MOST - this.#files.length)) void this.#upload(file);
  }

  remove(file: Uploading): void {
    file.abort.abort();
    this.#files = this.#files.filter((each) => each !== file);
    this.#host.requestUpdate();
  }

  clear(): void {
    for (const file of this.#files) if (!file.done) file.abort.abort();
    this.#files = [];
    this.#host.requestUpdate();
  }

  async #upload(file: File): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    const uploading: Uploading = { name: file.name || "file", done: null, problem: null, abort: new AbortController() };
    this.#files = [...this.#files, uploading];
    this.#host.requestUpdate();
    try {
      uploading.done = (await upload(opened, file, uploading.abort.signal)).id;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (!(error instanceof Problem)) throw error;
      uploading.problem = error;
    }
    this.#host.requestUpdate();
  }
}
