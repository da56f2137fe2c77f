// Owns /api/docs: Swagger UI from the installed package, nothing from anywhere else.
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const ASSETS: Record<string, string> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cutplane API</title>
<link rel="icon" href="/api/docs/favicon-32x32.png"><link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body><main id="docs"></main><script src="/api/docs/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script></body>
</html>
`;
const START = `SwaggerUIBundle({ url: "/api/v1/openapi.json", dom_id: "#docs", deepLinking: true, docExpansion: "list", defaultModelsExpandDepth: 0, validatorUrl: null, requestInterceptor: (request) => Object.assign(request, { credentials: "same-origin" }) });\n`;

/** `name` is the part after /api/docs/, "" for the page. False when there is no such asset. */
export async function answerDocs(res: ServerResponse, name: string): Promise<boolean> {
  if (name === "") return send(res, "text/html; charset=utf-8", PAGE);
  if (name === "start.js") return send(res, "text/javascript; charset=utf-8", START);
  const type = ASSETS[name];
  if (type === undefined) return false;
  const folder = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  return send(res, type, await readFile(path.join(folder, name)));
}

function send(res: ServerResponse, type: string, body: string | Buffer): true {
  res.writeHead(200, { "content-type": type, "content-security-policy": POLICY, "x-content-type-options": "nosniff", "cache-control": "max-age=3600" });
  res.end(body);
  return true;
}
