import { expect, it } from "vitest";
import { runsWithoutTransaction } from "../../../builder/migrate/migration-file.ts";
import { lineInStatement, splitStatements } from "../../../builder/migrate/statements.ts";
import { findTransactionControl } from "../../../builder/migrate/transaction-control.ts";

async function split(sql: string) {
  const statements = await splitStatements(sql);
  return statements.ok ? statements.value.map(({ text, line }) => [line, text]) : statements.failure;
}

it("cuts where statements end, and not at semicolons in strings, bodies or comments", async () => {
  const body = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $x$\nBEGIN\n  RETURN 1; -- ;\nEND $x$";
  const sql = `-- ünïcode 😀;\nSELECT ';é';;\n\n/* ; */ ${body};\nSELECT 2`;
  expect(await split(sql)).toEqual([
    [2, "SELECT ';é'"],
    [4, body],
    [8, "SELECT 2"],
  ]);
});

it("cuts at drizzle-kit's breakpoints, with a semicolon before them or without", async () => {
  const sql =
    "CREATE TABLE a (id int)\n--> statement-breakpoint\nCREATE TABLE b (id int);--> statement-breakpoint\nSELECT 1;";
  expect(await split(sql)).toEqual([
    [1, expect.stringMatching(/^CREATE TABLE a \(id int\)\s*$/)],
    [3, "CREATE TABLE b (id int)"],
    [4, "SELECT 1"],
  ]);
});

it("has no statements of a file with none", async () => {
  for (const sql of ["", " \n", "-- nothing\n", "/* x */;;"]) expect(await split(sql)).toEqual([]);
});

it("names the line of a syntax error", async () => {
  expect(await split("-- 😀é\nSELECT 1;\n\nCREATE TABEL x ();")).toEqual({
    line: 4,
    message: 'syntax error at or near "TABEL"',
  });
  expect(await split("SELECT 1;\nSELECT 'open\n\n")).toMatchObject({
    line: 2,
    message: expect.stringContaining("unterminated"),
  });
  expect(await split("\\connect x\n")).toMatchObject({ line: 1 });
});

it("turns a position in a statement into a line of the file", async () => {
  const statements = await splitStatements("SELECT 1;\n\nINSERT INTO a\nVALUES ('😀',\n  nothing)");
  const [, insert] = statements.ok ? statements.value : [];
  if (!insert) throw new Error("there should be two");
  const position = [...insert.text].join("").indexOf("nothing");
  expect([insert.line, lineInStatement(insert, position)]).toEqual([3, 5]);
});

it("finds what would end the file's transaction", async () => {
  const found = async (sql: string) => {
    const statements = await splitStatements(sql);
    return statements.ok ? findTransactionControl(statements.value)?.line : "syntax";
  };
  expect(await found("SELECT 1;\nCOMMIT;")).toBe(2);
  expect(await found("BEGIN; SELECT 1; END;")).toBe(1);
  expect(await found("SAVEPOINT a;\nROLLBACK TO a;\nRELEASE a;")).toBeUndefined();
  expect(await found("SELECT 'COMMIT;'; -- COMMIT;")).toBeUndefined();
});

it("takes `-- atelier: no-transaction` at the top, and nowhere else", () => {
  expect(runsWithoutTransaction("-- atelier: no-transaction\nSELECT 1;")).toBe(true);
  expect(runsWithoutTransaction("\n-- why\n  --atelier:no-transaction \r\nSELECT 1;")).toBe(true);
  expect(runsWithoutTransaction("SELECT 1;\n-- atelier: no-transaction")).toBe(false);
  expect(runsWithoutTransaction("-- atelier: no-transactions")).toBe(false);
});
