import type { Digest } from "../../schema/digest.ts";
import { jsonLists } from "../json-lists.ts";

/** Blobs that something kept names. In SQLite, because a project may have millions. */
export class Marks {
  readonly #sql: Pick<SqlStorage, "exec">;

  constructor(sql: Pick<SqlStorage, "exec">) {
    this.#sql = sql;
  }

  create(): void {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS marks (sha TEXT PRIMARY KEY) WITHOUT ROWID");
  }

  add(shas: readonly Digest[]): void {
    for (const list of jsonLists(shas)) {
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
