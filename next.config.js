// The console's pages. server/main.ts answers everything that is not a page; see docs/ARCHITECTURE.md.
/** @type {import("next").NextConfig} */
const config = {
  reactStrictMode: true,
  poweredByHeader: false,
  // Types are checked by `npm run check`; a start should not pay for it again.
  typescript: { ignoreBuildErrors: true },
  outputFileTracingRoot: import.meta.dirname,
};
export default config;
