// Where Prisma's command line finds the schema, the migrations and its engine.
import path from "node:path";
import { defineConfig } from "prisma/config";

// Prisma would download a native schema engine; this program answers the same requests by the same engine as WebAssembly, from npm.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= path.join(import.meta.dirname, "prisma/schema-engine.mjs");
// The address is only needed by commands that reach a database; `prisma generate` must run without one.
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://postgres@127.0.0.1:5432/cutplane" },
});
