// The console's pages. server/main.ts answers everything that is not a page; see docs/ARCHITECTURE.md.
/** @type {import("next").NextConfig} */
const config = {
  reactStrictMode: true,
  poweredByHeader: false,
  // The set-up builds beside the pages that are there and swaps when all went well (server/bootstrap/build-pages.mjs).
  distDir: process.env.CUTPLANE_PAGES_FOLDER ?? ".next",
  // Types are checked by `npm run check`; a start should not pay for it again.
  typescript: { ignoreBuildErrors: true },
  outputFileTracingRoot: import.meta.dirname,
};
export default config;
