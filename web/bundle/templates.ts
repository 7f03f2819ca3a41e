/**
 * Takes out of what is built the white space that only its writers need: in css`` and html`` templates, and in Lucide's pictures.
 *
 * Minifiers leave template literals as they are, since their text may matter. Here it is known what it means: in a style sheet white
 * space separates, in a template a line's end and its indentation are one space. Works on the parsed module, never on its text.
 */
import type { Plugin } from "vite";

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** A part of a style sheet. Strings stay; no part begins or ends within a string or a comment. */
export function shortCss(text: string): string {
  return text
    .split(/("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|\/\*[^]*?\*\/)/)
    .map((part, at) => (at % 2 === 0 ? part.replace(/\s+/g, " ") : part.startsWith("/*") ? " " : part))
    .join("")
    .split(/("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')/)
    // After a colon only: before it the space is a selector's ("li :hover").
    .map((part, at) => (at % 2 ? part : part.replace(/\s+/g, " ").replace(/ ?([{};,]) ?/g, "$1").replace(/: /g, ":").replace(/;\}/g, "}")))
    .join("");
}

/** A part of a template: a line's end with what is around it is one space, as it is when it is shown. */
export const shortHtml = (text: string): string => text.replace(/\s*\n\s*/g, " ");

/** One of Lucide's pictures with its shapes alone. */
export const shortSvg = (text: string): string => text.replace(/<!--[^]*?-->/g, "").replace(/<svg[^>]*>/, (tag) => tag.replace(/\s+(class|width|height)="[^"]*"/g, "").replace(/\s+/g, " ").replace(/ >/, ">")).replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>");

/** The module with its templates shortened. What shows its white space (`pre`, `textarea`) stays. */
export function shortTemplates(code: string, program: Node): string {
  const changes: { start: number; end: number; text: string }[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!value || typeof value !== "object" || typeof (value as Node).type !== "string") return;
    const node = value as Node;
    const tag = node.type === "TaggedTemplateExpression" ? (node["tag"] as Node & { name?: string }).name : undefined;
    if (tag === "css" || tag === "html" || tag === "svg") {
      const parts = (node["quasi"] as Node)["quasis"] as (Node & { value: { raw: string } })[];
      const spaced = parts.some((part) => /<(pre|textarea)\b[^>]*>\s*\S/.test(part.value.raw));
      for (const part of tag === "css" || !spaced ? parts : []) {
        const { raw } = part.value;
        const start = code.indexOf(raw, part.start);
        // Whether a part's own place begins at the tick differs between parsers.
        if (start < 0 || start - part.start > 1) throw new Error(`a template is not where the parser says: ${raw.slice(0, 40)}`);
        changes.push({ start, end: start + raw.length, text: tag === "css" ? shortCss(raw) : shortHtml(raw) });
      }
    }
    for (const key of Object.keys(node)) visit(node[key]);
  };
  visit(program);
  let short = code;
  for (const { start, end, text } of changes.sort((one, other) => other.start - one.start)) short = short.slice(0, start) + text + short.slice(end);
  return short;
}

export function templates(): Plugin {
  return {
    name: "short-templates",
    apply: "build",
    transform: {
      order: "post",
      handler(code, id) {
        if (id.includes("lucide-static") && id.includes("?raw")) {
          const text = /^export default (".*")/s.exec(code)?.[1];
          if (!text) throw new Error(`not a picture's text: ${id}`);
          return { code: `export default ${JSON.stringify(shortSvg(JSON.parse(text) as string))}`, map: null };
        }
        if (!/\.ts(\?|$)/.test(id) || id.includes("node_modules") || !/\b(css|html|svg)`/.test(code)) return null;
        return { code: shortTemplates(code, this.parse(code) as unknown as Node), map: null };
      },
    },
  };
}
