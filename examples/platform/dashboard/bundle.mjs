// What the page is bundled from, and how. The packages may be installed elsewhere: NODE_MODULES.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.env.NODE_MODULES ?? join(here, "node_modules");
const { build } = createRequire(join(modules, "x.js"))("esbuild");

/** The files of the page as [name, bytes], by name, and what the bundler says of them. */
export async function bundle({ minify }) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(here, "src", "app.tsx"), join(here, "src", "app.css")],
    outdir: "/",
    absWorkingDir: here,
    nodePaths: [modules],
    bundle: true,
    minify,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const files = outputFiles.map((f) => [f.path.split("/").pop(), Buffer.from(f.contents)]);
  for (const name of ["index.html", "icon.svg"]) files.push([name, await readFile(join(here, "src", name))]);
  return { files: files.sort(([a], [b]) => (a < b ? -1 : 1)), metafile };
}

/** The Content-Type of a file by its name. */
export const typeOf = (name) =>
  ({
    html: "text/html; charset=utf-8",
    js: "text/javascript; charset=utf-8",
    css: "text/css; charset=utf-8",
    svg: "image/svg+xml",
  })[name.split(".").pop()];
