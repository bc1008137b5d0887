import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;

export default defineConfig({
  test: {
    // Worlds wait more than they compute: on two cores, two files at a time, where the default would be one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The simulator asks the outside where this machine stands, and nothing here wants to know.
    env: { CLOUDFLARE_CF_FETCH_ENABLED: "false", X_LOCAL_EXPLORER: "false", WRANGLER_SEND_METRICS: "false" },
    projects: [
      {
        root,
        extends: true,
        test: {
          name: "unit",
          include: ["test/{schema,router,control,builder,contract,bench}/**/*.test.ts", "test/*.test.ts"],
          // Most are pure, and none leaves anything behind in its modules: they are loaded once for all files.
          isolate: false,
          // Some start processes, of the CLI and of builds.
          testTimeout: 30_000,
        },
      },
      {
        root,
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        root,
        extends: true,
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          testTimeout: 300_000 * Math.max(1, Number(process.env.FAULTS_SCALE ?? 1)),
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
