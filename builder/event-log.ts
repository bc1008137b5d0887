/**
 * The numbered events of one attempt. A reader that dies asks again for those after the last it has.
 * Bounded, since a build may print without end: lines are cut, and past a total the rest is left out with one note;
 * steps and the events that say how the job stands are always kept.
 */
import type { BuildEvent } from "../schema/contracts/build.ts";
import type { BuildStep } from "../schema/lifecycle.ts";
import type { BuildFailure } from "./failure.ts";
import { toPlainText } from "./lines.ts";

/** Sizes count text only, in UTF-16 units for a line and in bytes for the total. */
export type EventLogCaps = { readonly lineChars: number; readonly lines: number; readonly bytes: number };

export const EVENT_LOG_CAPS: EventLogCaps = { lineChars: 4_000, lines: 50_000, bytes: 8_000_000 };

type Unnumbered<E> = E extends unknown ? Omit<E, "n" | "at"> : never;
type NewEvent = Unnumbered<BuildEvent>;

export class EventLog {
  readonly #events: BuildEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #now: () => Date;
  readonly #caps: EventLogCaps;
  readonly #redact: (text: string) => string;
  #step: BuildStep = "stage";
  #lines = 0;
  #bytes = 0;
  #full: boolean = false;
  #closed: boolean = false;

  /** @param redact takes out what nobody may read */
  constructor(now: () => Date, caps: EventLogCaps = EVENT_LOG_CAPS, redact = (text: string) => text) {
    this.#now = now;
    this.#caps = caps;
    this.#redact = redact;
  }

  step(step: BuildStep): void {
    this.#step = step;
    this.#append({ type: "step", step });
  }

  /** A line of ours about the current step. It may quote the app. */
  note(text: string): void {
    const line = this.#admit(toOneLine(text));
    if (line !== null) this.#append({ type: "note", step: this.#step, text: line });
  }

  /** A line that a process of the current step printed. */
  output(stream: "stdout" | "stderr", text: string): void {
    const line = this.#admit(text);
    if (line !== null) this.#append({ type: "output", step: this.#step, stream, text: line });
  }

  built(bundle: Omit<Extract<NewEvent, { type: "built" }>, "type">): void {
    this.#append({ type: "built", ...bundle });
  }

  uploaded(stored: { readonly blobs: number; readonly bytes: number }): void {
    this.#append({ type: "uploaded", blobs: stored.blobs, bytes: stored.bytes });
  }

  failed({ reason, detail }: BuildFailure): void {
    this.#append({
      type: "failed",
      step: this.#step,
      reason,
      detail: cutLine(this.#redact(toOneLine(detail)), this.#caps.lineChars),
    });
  }

  after(n: number): readonly BuildEvent[] {
    return this.#events.slice(n);
  }

  /** No further event will come: readers that wait stop waiting. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves at the next event, when the log is closed, or after `timeoutMs`. */
  changed(timeoutMs: number): Promise<void> {
    if (this.#closed || timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
    });
  }

  /** The line as it may be kept, or null when there is no more room. The first refusal leaves a note. */
  #admit(text: string): string | null {
    if (this.#full) return null;
    const line = cutLine(this.#redact(text), this.#caps.lineChars);
    const bytes = Buffer.byteLength(line);
    if (this.#lines + 1 > this.#caps.lines || this.#bytes + bytes > this.#caps.bytes) {
      this.#full = true;
      const most = `${this.#caps.lines} lines or ${this.#caps.bytes} bytes`;
      this.#append({ type: "note", step: this.#step, text: `The log is full (${most}). The rest is left out.` });
      return null;
    }
    this.#lines += 1;
    this.#bytes += bytes;
    return line;
  }

  #append(event: NewEvent): void {
    this.#events.push({ n: this.#events.length + 1, at: this.#now().toISOString(), ...event });
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

function toOneLine(text: string): string {
  return toPlainText(text.replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, " ")).trim();
}

function cutLine(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
