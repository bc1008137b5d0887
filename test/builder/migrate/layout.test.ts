import { describe, expect, it } from "vitest";
import { orderMigrations } from "../../../builder/migrate/layout.ts";

const journal = (tags: readonly string[], dialect = "postgresql") =>
  JSON.stringify({
    version: "7",
    dialect,
    entries: tags.map((tag, idx) => ({ idx, tag, when: 1, breakpoints: true })),
  });

function names(paths: readonly string[], text: string | null = null) {
  const ordered = orderMigrations(paths, text);
  return ordered.ok ? ordered.value.map(({ name }) => name) : ordered.failure;
}

describe("plain files", () => {
  it("go by name, and nothing else in the folder counts", () => {
    const paths = [
      "migrations/0002_b.sql",
      "migrations/0001_a.sql",
      "migrations/README.md",
      "db/migrations/0000_x.sql",
      "a.sql",
    ];
    expect(names([...paths, "migrations/old/0000_x.sql", "migrations.sql"])).toEqual(["0001_a.sql", "0002_b.sql"]);
  });

  it("are refused when their numbers say another order than their names", () => {
    const paths = ["migrations/9_a.sql", "migrations/10_b.sql"];
    expect(names(paths)).toMatchObject({ file: "migrations/9_a.sql", why: expect.stringContaining("10_b.sql") });
    expect(names(["migrations/1_a.sql", "migrations/2_b.sql", "migrations/users.sql"])).toHaveLength(3);
  });
});

describe("drizzle-kit's folder", () => {
  const paths = ["migrations/0000_a.sql", "migrations/0001_b.sql", "migrations/meta/_journal.json"];

  it("goes as its journal has it", () => {
    expect(names(paths, journal(["0001_b", "0000_a"]))).toEqual(["0001_b.sql", "0000_a.sql"]);
  });

  it("is refused when journal and files disagree", () => {
    expect(names(paths, journal(["0000_a"]))).toMatchObject({ file: "migrations/0001_b.sql" });
    expect(names(paths, journal(["0000_a", "0001_b", "0002_c"]))).toMatchObject({
      why: expect.stringContaining("0002_c"),
    });
    expect(names(paths, journal(["0000_a", "0000_a", "0001_b"]))).toMatchObject({
      why: expect.stringContaining("twice"),
    });
    expect(names(paths, "{")).toMatchObject({ why: expect.stringContaining("not a journal") });
    expect(names(paths, journal(["0000_a", "0001_b"], "sqlite"))).toMatchObject({
      why: expect.stringContaining("sqlite"),
    });
  });

  it("has a folder for each migration in its newer form", () => {
    const newer = [
      "migrations/20261102_b/migration.sql",
      "migrations/20261101_a/migration.sql",
      "migrations/20261101_a/snapshot.json",
    ];
    expect(names(newer)).toEqual(["20261101_a", "20261102_b"]);
    expect(names([...newer, "migrations/0001.sql"])).toMatchObject({ why: expect.stringContaining("another layout") });
  });
});
