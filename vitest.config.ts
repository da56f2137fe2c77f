// Two projects: plain tests, and *.db.test.ts with a PostgreSQL of their own for the run.
import { defineConfig } from "vitest/config";

const folders = "{server,agents,components,lab,bench}";
const never = ["**/node_modules/**", "**/dist/**", ".build/**", "prisma/generated/**"];
const common = { testTimeout: 120_000, hookTimeout: 240_000 };

export default defineConfig({
  test: {
    // Agents and stages of tests are processes of their own: more files at once than cores would only measure the queue.
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: "unit", include: [`${folders}/**/*.test.{ts,tsx}`], exclude: [...never, "**/*.db.test.ts"] } },
      { test: { ...common, name: "database", include: ["{server,lab,bench}/**/*.db.test.ts"], exclude: never, globalSetup: ["server/database/test-server.ts"] } },
    ],
  },
});
