import { parseAst } from "vite";
import { expect, test } from "vitest";
import { shortCss, shortHtml, shortSvg, shortTemplates } from "./templates";

const short = (code: string): string => shortTemplates(code, parseAst(code) as never);

test("a style sheet keeps what separates and loses the rest", () =>
  expect(shortCss("\n  /* Why. */\n  ul > li :hover,\n  a:is(b, c)  {\n    inset: calc(1px + 2px) auto;\n    color: red;\n  }\n  @media (x: 1) and (y) {\n  }\n")).toBe(
    " ul > li :hover,a:is(b,c){inset:calc(1px + 2px) auto;color:red}@media (x:1) and (y){}",
  ));
test("a style sheet's strings stay", () => expect(shortCss('a {\n  content: "a ;  b: /* c */";\n}\n')).toBe('a{content:"a ;  b: /* c */"}'));
test("a space that a comment stood in stays one", () => expect(shortCss("a /* x */ b{}")).toBe("a b{}"));
test("a line's end in a template is one space", () => expect(shortHtml("<b>a  b</b>\n    <i\n  >c</i>")).toBe("<b>a  b</b> <i >c</i>"));
test("a picture is its shapes", () => expect(shortSvg('<!-- @license x -->\n<svg\n  class="a"\n  viewBox="0 0 24 24"\n>\n  <path d="M1 2" />\n</svg>\n')).toBe('<svg viewBox="0 0 24 24"><path d="M1 2"/></svg>'));
test("only templates are touched, and nested ones too", () =>
  expect(short("const é = `a\n  b`; css`\n a {\n b: ${1};\n }`; html`<p>\n  ${html`x\n y`}\n</p>`;")).toBe("const é = `a\n  b`; css` a{b:${1}}`; html`<p> ${html`x y`} </p>`;"));
test("what shows its white space stays", () => expect(short("html`<pre>a\n  b</pre>`")).toBe("html`<pre>a\n  b</pre>`"));
test("an escape does not shift what follows", () => expect(short('css`a::before {\n content: "\\\\201c";\n}`; html`a\n\\`b`')).toBe('css`a::before{content:"\\\\201c"}`; html`a \\`b`'));
