// Bundles the page and writes it as a C++ source, to be embedded in the program.
// usage: node build.mjs OUT.cpp [METAFILE.json]
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { bundle, typeOf } from "./bundle.mjs";

const [out, meta] = process.argv.slice(2);
if (!out) throw new Error("usage: node build.mjs OUT.cpp [METAFILE.json]");

// As short pieces: compilers need not take long literals.
const literal = (bytes) =>
  (bytes.toString("latin1").match(/[^]{1,2000}/g) ?? [""])
    .map((part) => `"${part.replace(/[^ !#-[\]-~]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`).replaceAll("?", "\\?")}"`)
    .join("\n");

const { files, metafile } = await bundle({ minify: true });
const rows = files.map(([name, bytes]) => {
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  return `    {"${name}", "${typeOf(name)}", "\\"${digest}\\"", {\n${literal(bytes)},\n${bytes.length}}},`;
});
const source = `// Made from the sources of the dashboard; not to be edited.
#include "wire/dashboard.hpp"

namespace platform::wire {

std::span<const dashboard_file> dashboard_files() noexcept {
  static constexpr dashboard_file files[]{
${rows.join("\n")}
  };
  return files;
}

}  // namespace platform::wire
`;
await mkdir(dirname(out), { recursive: true });
await writeFile(out, source);
if (meta) await writeFile(meta, JSON.stringify(metafile, null, 2));
