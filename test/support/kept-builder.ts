import { setTimeout as sleep } from "node:timers/promises";
import { type BuilderOptions, type BuilderProcess, startBuilder } from "./builder-process.ts";

export type KeptBuilder = { readonly warnings: string; stop(): Promise<void>; kill(): Promise<void> };

const RESTART_PAUSE_MS = 500;

/** A builder that is started again when it dies, as a container would be. Throws when it does not start the first time. */
export async function keepBuilder(options: BuilderOptions): Promise<KeptBuilder> {
  let builder: BuilderProcess = await startBuilder(options);
  const over = new AbortController();
  const keeping = keep();

  async function keep(): Promise<void> {
    for (;;) {
      await builder.group.ended;
      await sleep(RESTART_PAUSE_MS);
      if (over.signal.aborted) return;
      try {
        builder = await startBuilder(options);
      } catch (error) {
        process.stderr.write(`${String(error)}\n`);
      }
      if (over.signal.aborted) await builder.group.kill();
    }
  }

  async function end(how: "stop" | "kill"): Promise<void> {
    over.abort();
    await builder.group[how]();
    await keeping;
  }

  return { warnings: builder.warnings(), stop: () => end("stop"), kill: () => end("kill") };
}
