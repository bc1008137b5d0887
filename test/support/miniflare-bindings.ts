/** The router's bindings on the local simulators of KV, R2 and D1, without a Worker around them. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Miniflare } from "miniflare";

export interface Bindings {
  readonly REGISTRY: KVNamespace;
  readonly BUNDLES: R2Bucket;
  readonly DIRECTORY: D1Database;
}

const MIGRATION = resolve(import.meta.dirname, "../../schema/directory/migrations/0000_init.sql");

export async function startBindings(): Promise<{ readonly bindings: Bindings; readonly stop: () => Promise<void> }> {
  const miniflare = new Miniflare({
    workers: [
      {
        config: {
          name: "bindings",
          compatibilityDate: "2026-10-20",
          manifest: {
            mainModule: "index.js",
            modules: {
              "index.js": { type: "esm", contents: "export default { fetch() { return new Response(); } };" },
            },
          },
          env: {
            REGISTRY: { type: "kv", id: "atelier-registry" },
            BUNDLES: { type: "r2", name: "atelier-bundles" },
            DIRECTORY: { type: "d1", id: "atelier-directory" },
          },
        },
      },
    ],
  });
  const bindings = await miniflare.getBindings<Bindings>();
  for (const statement of readFileSync(MIGRATION, "utf8").split("--> statement-breakpoint")) {
    await bindings.DIRECTORY.prepare(statement).run();
  }
  return { bindings, stop: () => miniflare.dispose() };
}
