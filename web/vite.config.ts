/**
 * Builds the faces of Tresen into dist/: pages, one folder of hashed assets, and the widget's loader.
 *
 * The widget runs on other people's pages: its chunks find each other by relative imports, nothing is preloaded, and its loader
 * (widget/v1.js, the one name that never changes) is told here which hashed module to import.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import { templates } from "./bundle/templates";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function loader(): Plugin {
  return {
    name: "widget-loader",
    generateBundle(_, bundle) {
      const entry = Object.values(bundle).find((chunk) => chunk.type === "chunk" && chunk.isEntry && chunk.name === "widget");
      if (!entry) throw new Error("the bundle has no entry named widget");
      const source = readFileSync(here("widget/v1.js"), "utf8").replace("WIDGET_MODULE", entry.fileName);
      this.emitFile({ type: "asset", fileName: "widget/v1.js", source });
    },
  };
}

/** Compressed twins beside every text that is worth it, so that the server compresses nothing while it serves. */
function twins(): Plugin {
  return {
    name: "compressed-twins",
    closeBundle() {
      for (const file of readdirSync(here("dist"), { recursive: true, withFileTypes: true })) {
        if (!file.isFile() || !/\.(js|css|svg|json|html|wasm)$/.test(file.name)) continue;
        const path = `${file.parentPath}/${file.name}`;
        const bytes = readFileSync(path);
        if (bytes.length < 256) continue;
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
      }
    },
  };
}

export default defineConfig({
  root: here("."),
  base: "/",
  plugins: [templates(), loader(), twins()],
  // Lit's own writes style attributes, which our policy blocks.
  resolve: {
    alias: {
      "lit/directives/style-map.js": here("ui/style-map.ts"),
      "@lit/reactive-element/decorators/custom-element.js": here("ui/custom-element.ts"),
    },
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // The first that know `light-dark()`, which tokens.css is written with.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: {
        widget: here("widget/main.ts"),
        console: here("console/index.html"),
        shop: here("shop/index.html"),
        call: here("call/index.html"),
        gallery: here("ui/gallery/index.html"),
      },
      output: {
        codeSplitting: {
          // What is always fetched together is one file: it compresses better, and is one request instead of six.
          groups: [
            { name: "preload", priority: 5, test: /preload-helper/ },
            // The launcher needs the tokens alone, without the parts.
            { name: "host", priority: 5, test: /\/web\/ui\/(host\.ts|tokens\.css\?raw)|icons\/(message-circle|x|chevron-down)\.svg/ },
            { name: "text", priority: 4, test: /\/web\/text\// },
            { name: "protocol", priority: 3, test: /\/web\/protocol\// },
            { name: "parts", priority: 2, test: /\/(lit|lit-html|lit-element|@lit\/reactive-element)\/|\/web\/ui\/(avatar|button|custom-element|host|icon|icons|keys|strip|style-map|texts|tokens|url)\.ts$/ },
            { name: "panel", priority: 1, test: /\/web\/widget\/(words|text\/en|panel\/(open|panel|panel\.css|header)|views\/(home|view\.css)|state\/chime)\b[^/]*$/ },
          ],
        },
      },
    },
  },
  test: { include: ["**/*.test.ts"], environment: "happy-dom", css: true },
} as Parameters<typeof defineConfig>[0]);
