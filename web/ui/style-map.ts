/**
 * `style=${styleMap({ width: "40%" })}` under a policy without `unsafe-inline`: properties are set one by one, which no policy stops.
 *
 * Lit's own writes the attribute when it first renders, and the browser blocks that. vite.config.ts puts this one in its place, so
 * that it does not matter which of the two is imported.
 */
import { noChange } from "lit";
import { Directive, directive, type AttributePart } from "lit/directive.js";

export type StyleInfo = Readonly<Record<string, string | number | null | undefined>>;

class StyleMap extends Directive {
  private set = new Set<string>();

  override render(_: StyleInfo): typeof noChange {
    return noChange;
  }

  override update(part: AttributePart, [info]: [StyleInfo]): typeof noChange {
    const { style } = part.element as HTMLElement;
    const name = (property: string): string => (property.startsWith("--") ? property : property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    const wanted = Object.entries(info).filter(([, value]) => value !== null && value !== undefined);
    const names = new Set(wanted.map(([property]) => name(property)));
    for (const gone of this.set) if (!names.has(gone)) style.removeProperty(gone);
    for (const [property, value] of wanted) style.setProperty(name(property), String(value));
    this.set = names;
    return noChange;
  }
}

export const styleMap = directive(StyleMap);
