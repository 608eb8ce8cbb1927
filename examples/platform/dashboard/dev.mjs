// For work on the page: serves it as its sources are at each load, everything else from a running
// platform. usage: node dev.mjs [PLATFORM_URL [PORT]]
import { createServer, request } from "node:http";
import { bundle, typeOf } from "./bundle.mjs";

const [platform = "http://127.0.0.1:9001", port = "9011"] = process.argv.slice(2);
const prefix = "/_fsm/dashboard/";

async function page(path, answer) {
  const { files } = await bundle({ minify: false });
  const name = path === "/" ? "index.html" : path.slice(prefix.length);
  const found = files.find(([each]) => each === name);
  answer.writeHead(found ? 200 : 404, {
    "Content-Type": typeOf(name) ?? "text/plain",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'",
  });
  answer.end(found?.[1]);
}

function pass(asked, answer) {
  const target = new URL(asked.url, platform);
  const headers = { ...asked.headers, host: target.host };
  if (headers.origin) headers.origin = target.origin;
  const passed = request(target, { method: asked.method, headers }, (from) => {
    answer.writeHead(from.statusCode, from.headers);
    from.pipe(answer);
  });
  passed.on("error", (error) => answer.headersSent ? answer.destroy() : answer.writeHead(502).end(String(error)));
  answer.on("close", () => passed.destroy());
  asked.pipe(passed);
}

createServer((asked, answer) => {
  const { pathname } = new URL(asked.url, platform);
  const own = asked.method === "GET" && (pathname === "/" || pathname.startsWith(prefix));
  if (!own) return pass(asked, answer);
  page(pathname, answer).catch((error) => {
    console.error(error.message);
    answer.headersSent ? answer.destroy() : answer.writeHead(500).end();
  });
}).listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${port} before ${platform}`));
