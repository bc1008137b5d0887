/** The log of a running build, in the object's SQLite: numbered lines, and those who wait for the next ones. */
import type { LogLine } from "../../schema/contracts/deployments.ts";

export type NewLine = Omit<LogLine, "seq">;

const PAGE = 1_000;

export class BuildLog {
  readonly #sql: SqlStorage;
  #waiting: (() => void)[] = [];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  create(): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL, text TEXT NOT NULL)",
    );
  }

  append(lines: readonly NewLine[]): void {
    for (const { at, kind, step, text } of lines) {
      this.#sql.exec("INSERT INTO log (at, kind, step, text) VALUES (?, ?, ?, ?)", at, kind, step, text);
    }
    this.wake();
  }

  /** At most 1 000 lines after `after`, oldest first. */
  read(after: number): LogLine[] {
    const rows = this.#sql.exec<LogLine>(
      "SELECT seq, at, kind, step, text FROM log WHERE seq > ? ORDER BY seq LIMIT ?",
      after,
      PAGE,
    );
    return rows.toArray();
  }

  /** The step of the last line; null when there is none. */
  lastStep(): LogLine["step"] | null {
    const last = this.#sql.exec<Pick<LogLine, "step">>("SELECT step FROM log ORDER BY seq DESC LIMIT 1").toArray();
    return last[0]?.step ?? null;
  }

  /** Every line as NDJSON. */
  toNdjson(): string {
    let text = "";
    for (let lines = this.read(0); lines.length > 0; lines = this.read(lines.at(-1)?.seq ?? 0)) {
      for (const line of lines) text += `${JSON.stringify(line)}\n`;
    }
    return text;
  }

  /** Resolves at the next line or after `waitMs`. */
  next(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
