import { describe, expect, it } from "vitest";
import type { MigrationFile } from "../../../builder/migrate/migration-file.ts";
import { type LedgerRow, planMigrations } from "../../../builder/migrate/plan.ts";
import { migration } from "../../support/migrations.ts";

const [a, b, c] = [migration("0001_a.sql"), migration("0002_b.sql"), migration("0003_c.sql")];
const row = ({ name, sha256 }: MigrationFile, state: LedgerRow["state"] = "applied"): LedgerRow => ({
  ...{ name, sha256, state },
  deployment: "dpl_1",
});

function pending(files: readonly MigrationFile[], ledger: readonly LedgerRow[]) {
  const plan = planMigrations(files, ledger);
  return plan.ok ? plan.value.pending.map(({ name }) => name) : plan.failure;
}

it("applies what the ledger does not have, in order", () => {
  expect(pending([a, b, c], [])).toEqual([a.name, b.name, c.name]);
  expect(pending([a, b, c], [row(a), row(b)])).toEqual([c.name]);
  expect(pending([a, b, c], [row(a), row(b), row(c)])).toEqual([]);
  expect(pending([], [])).toEqual([]);
});

it("lets an older source run that brings nothing new, and says what the database has beyond it", () => {
  const plan = planMigrations([a], [row(a), row(b), row(c)]);
  expect(plan).toMatchObject({ ok: true, value: { applied: 1, pending: [], ahead: [b.name, c.name] } });
});

describe("refuses", () => {
  it("a file that was edited after it was applied", () => {
    const refusal = pending([migration(a.name, "select 2"), b], [row(a), row(b)]);
    expect(refusal).toMatchObject({ file: a.path, why: expect.stringContaining("changed after dpl_1") });
  });

  it("a file that was renamed", () => {
    const renamed = { ...b, name: "0002_other.sql", path: "migrations/0002_other.sql" };
    expect(pending([a, renamed], [row(a), row(b)])).toMatchObject({
      file: renamed.path,
      why: expect.stringContaining(`applied as ${b.name}`),
    });
  });

  it("a file that was removed, when others were applied after it or are new", () => {
    expect(pending([a, c], [row(a), row(b), row(c)])).toMatchObject({ file: b.name });
    expect(pending([a, c], [row(a), row(b)])).toMatchObject({
      file: b.name,
      why: expect.stringContaining("Put it back"),
    });
    expect(pending([b], [row(a), row(b)])).toMatchObject({ file: a.name });
  });

  it("a file that was inserted before applied ones", () => {
    expect(pending([a, b, c], [row(a), row(c)])).toMatchObject({ file: b.path, why: expect.stringContaining(c.name) });
  });

  it("a file that was begun and not ended, wherever it is, and says how to go on", () => {
    const refusal = {
      file: b.path,
      why: expect.stringMatching(/UPDATE .* WHERE "name" = '0002_b.sql'; or .*DELETE FROM/),
    };
    expect(pending([a, b, c], [row(a), row(b, "started")])).toMatchObject(refusal);
    expect(pending([a], [row(a), row(b, "started")])).toMatchObject({ file: b.name });
  });
});
