import { Failure } from "./failure.ts";

/** Runs an action; should its outcome stay open (no answer, or Ctrl-C), the message also says `advice`: how to find out. */
export async function withAdvice<T>(signal: AbortSignal, advice: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (signal.aborted) throw new Failure("interrupted", `Interrupted. ${advice}`, { cause });
    if (cause instanceof Failure && cause.kind === "unknown") {
      throw new Failure("unknown", `${cause.message}\n${advice}`, { cause, ...(cause.code && { code: cause.code }) });
    }
    throw cause;
  }
}
