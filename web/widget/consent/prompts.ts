/** `<tresen-consents>`: shows nothing until there is something to show. */
import { LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { App } from "../app";

@customElement("tresen-consents")
export class TresenConsents extends LitElement {
  @property({ attribute: false }) app!: App;

  override render(): typeof nothing {
    return nothing;
  }
}
