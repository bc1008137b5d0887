import type { Digest } from "../../schema/digest.ts";

/** Blobs that something kept names. In SQLite, because a project may have millions; one bound parameter carries a whole list. */
export class Marks {
  readonly #sql: Pick<SqlStorage, "exec">;

  constructor(sql: Pick<SqlStorage, "exec">) {
    this.#sql = sql;
  }

  create(): void {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS marks (sha TEXT PRIMARY KEY) WITHOUT ROWID");
  }

  add(shas: readonly Digest[]): void {
    for (let start = 0; start < shas.length; start += MAX_LIST) {
      const list = JSON.stringify(shas.slice(start, start + MAX_LIST));
      this.#sql.exec("INSERT OR IGNORE INTO marks SELECT value FROM json_each(?)", list);
    }
  }

  /** Those of the blobs that carry no mark. */
  unmarked(shas: readonly Digest[]): Digest[] {
    const rows = this.#sql.exec<{ sha: Digest }>(
      "SELECT value AS sha FROM json_each(?) WHERE value NOT IN (SELECT sha FROM marks)",
      JSON.stringify(shas),
    );
    return rows.toArray().map(({ sha }) => sha);
  }

  clear(): void {
    this.#sql.exec("DELETE FROM marks");
  }
}

/** 10 000 hashes are 670 KB of JSON; a value in a Durable Object's SQLite has at most 2 MB. */
const MAX_LIST = 10_000;
