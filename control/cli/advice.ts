import { Failure } from "./failure.ts";

/**
 * Runs an action; should its outcome stay open (no answer, or Ctrl-C), the message also says `advice`: how to find out.
 * @param advice as it is then, where it depends on how far the action came
 */
export async function withAdvice<T>(
  signal: AbortSignal,
  advice: string | (() => string),
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const more = typeof advice === "string" ? advice : advice();
    if (signal.aborted) throw new Failure("interrupted", `Interrupted. ${more}`, { cause });
    if (cause instanceof Failure && cause.kind === "unknown") {
      throw new Failure("unknown", `${cause.message}\n${more}`, { cause, ...(cause.code && { code: cause.code }) });
    }
    throw cause;
  }
}
