/** tokens.css for a shadow root on a foreign page, as text; apart from tokens.ts so that what has no Lit can use it. */
import source from "./tokens.css?raw";

/**
 * tokens.css with `:host` in the place of `:root`. Measures in rem become pixels, since shops set their root's font size as they please
 * (62.5 % is common) and the widget must not shrink with it.
 */
export function forHost(text: string): string {
  return text
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/:root((?:\[[^\]]*\]|:not\([^)]*\))*)/g, (_, conditions: string) => (conditions ? `:host(${conditions})` : ":host"))
    .replace(/([\d.]+)rem\b/g, (_, size: string) => `${Number(size) * 16}px`)
    .replace(/\s+/g, " ");
}

export const hostTokens = (): string => forHost(source);
