/**
 * The steps of a command, on stderr: what is done, how much of it, and how long it took. On a terminal the running step
 * changes in place; elsewhere a step becomes a line once it has ended.
 */
import { createColors } from "picocolors";
import { formatDuration } from "./figures.ts";
import type { Terminal } from "./terminal.ts";

export type Progress = {
  /** Begins a step. The one before it has been ended. */
  begin(label: string): void;
  /** What the running step is at; replaces what was said before. */
  update(detail: string): void;
  /** What the running step waits for. That may take long, so it is said at once also where no line changes in place. */
  hold(detail: string): void;
  /**
   * @param label what the step turned out to be
   * @param ms how long the step took, where somebody else measured it
   */
  end(result?: { label?: string; detail?: string; ms?: number }): void;
  /** Ends the step that is running, if there is one, without success: it failed, or nobody watches it any more. */
  close(how: "failed" | "left"): void;
  /** A line of its own. */
  say(line: string): void;
  /** A line of its own that says what has been done. */
  done(line: string): void;
  /** A line of its own that should not be missed. */
  warn(line: string): void;
};

export type ProgressOptions = {
  readonly write: (text: string) => void;
  readonly terminal: Terminal;
  /** Also says when a step begins, because lines of its own will follow. */
  readonly announce: boolean;
  readonly now: () => number;
};

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const FRAME_MS = 80;
const LABEL_WIDTH = 19;
const DETAIL_WIDTH = 40;
const DURATION_WIDTH = 7;
const CLEAR_LINE = "\r\x1b[2K";

type Step = { readonly label: string; readonly startedAt: number; detail: string };

export function createProgress({ write, terminal, announce, now }: ProgressOptions): Progress {
  const { blue, dim, green, red, yellow } = createColors(terminal.colored);
  let step: Step | null = null;
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;

  return {
    begin(label) {
      step = { label, startedAt: now(), detail: "" };
      if (announce) print(`  ${blue("▸")} ${label}`);
      if (!terminal.live) return;
      draw();
      timer = setInterval(draw, FRAME_MS);
      timer.unref();
    },
    update(detail) {
      if (step) step.detail = detail;
    },
    hold(detail) {
      if (!step) return;
      step.detail = detail;
      if (!terminal.live) print(`    ${detail}`);
    },
    end(result) {
      finish(green("✔"), result);
    },
    close(how) {
      finish(how === "failed" ? red("✖") : dim("–"));
    },
    say: print,
    done: (line) => print(`  ${green("✔")} ${line}`),
    warn: (line) => print(yellow(`  ⚠ ${line}`)),
  };

  function finish(mark: string, { label, detail, ms }: { label?: string; detail?: string; ms?: number } = {}): void {
    if (!step) return;
    const line = row(mark, label ?? step.label, detail ?? step.detail, ms ?? now() - step.startedAt);
    clearInterval(timer);
    step = null;
    print(line);
  }

  function print(line: string): void {
    write(`${terminal.live ? CLEAR_LINE : ""}${line}\n`);
    if (step && terminal.live) draw();
  }

  function draw(): void {
    if (!step) return;
    frame = (frame + 1) % FRAMES.length;
    write(CLEAR_LINE + row(blue(FRAMES[frame] ?? ""), step.label, step.detail, now() - step.startedAt));
  }

  /** Kept within the terminal's width: a line that wraps cannot be cleared. */
  function row(mark: string, label: string, detail: string, ms: number): string {
    const taken = 4 + LABEL_WIDTH + 1 + DURATION_WIDTH + 1;
    const room = Math.max(0, Math.min(DETAIL_WIDTH, (terminal.columns ?? Number.POSITIVE_INFINITY) - taken));
    const duration = formatDuration(ms).padStart(DURATION_WIDTH);
    return `  ${mark} ${label.padEnd(LABEL_WIDTH)} ${dim(toWidth(detail, room))}${dim(duration)}`;
  }
}

/** Cut or filled up to exactly this width. */
function toWidth(text: string, width: number): string {
  return (text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text).padEnd(width).slice(0, width);
}
