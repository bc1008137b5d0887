/** A job's events as NDJSON, as they come, until the job rests and all are said, or the time is over. */
import type { Job } from "./job.ts";

/** A reader comes back with the last number it has; a connection that never ends would hide that it is dead. */
const FOLLOW_MS = 20_000;

type Followed = Pick<Job, "log" | "state">;

export function streamEvents(job: Followed, after: number, followMs: number = FOLLOW_MS): ReadableStream<Uint8Array> {
  const lines = followEvents(job, after, Date.now() + followMs);
  return ReadableStream.from(lines).pipeThrough(new TextEncoderStream());
}

async function* followEvents(job: Followed, after: number, deadline: number): AsyncGenerator<string> {
  let last = after;
  for (;;) {
    const events = job.log.after(last);
    last += events.length;
    if (events.length > 0) yield events.map((event) => `${JSON.stringify(event)}\n`).join("");
    // Asked again after the yield: a slow reader may have missed the last event while it took this batch.
    const more = job.log.after(last).length > 0;
    if (!more && (isAtRest(job) || job.log.closed || Date.now() >= deadline)) return;
    if (!more) await job.log.changed(deadline - Date.now());
  }
}

function isAtRest(job: Followed): boolean {
  return job.state.state !== "running" && job.state.state !== "uploading";
}
