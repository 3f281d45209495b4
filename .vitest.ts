/** How tests are run: every file by itself, the whole-bot scenarios side by side with the quick ones. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/fixed-seed.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Minute-long scenarios wait more than they work.
    maxWorkers: 4,
    maxConcurrency: 8,
  },
});
