import { expect, it } from "vitest";
import { findDestructive } from "../../../builder/migrate/destructive.ts";
import { splitStatements } from "../../../builder/migrate/statements.ts";

async function findings(...texts: string[]) {
  const files = await Promise.all(
    texts.map(async (text, index) => {
      const statements = await splitStatements(text);
      if (!statements.ok) throw new Error(`${text}: ${statements.failure.message}`);
      return { path: `${index}.sql`, statements: statements.value };
    }),
  );
  return findDestructive(files);
}

it.each([
  ["DROP TABLE users", "drops table users"],
  ["DROP TABLE IF EXISTS public.users CASCADE", "drops table public.users"],
  ["DROP VIEW active", "drops view active"],
  ["DROP SCHEMA shop CASCADE", "drops schema shop"],
  ["DROP TYPE mood", "drops type mood"],
  ["DROP FUNCTION f(int)", "drops function f"],
  ['ALTER TABLE users DROP COLUMN "email"', "drops column email of users"],
  ["ALTER TABLE users RENAME COLUMN a TO b", "renames column a of users to b"],
  ["ALTER TABLE users RENAME TO people", "renames table users to people"],
  ["ALTER TABLE users SET SCHEMA old", "moves users to schema old"],
  ["ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", "renames value sad of an enum to blue"],
  ["ALTER TABLE users ALTER COLUMN a SET DATA TYPE bigint", "changes the type of column a of users"],
  ["ALTER TABLE users ALTER COLUMN a SET NOT NULL", "makes column a of users NOT NULL"],
  ["ALTER TABLE users ALTER COLUMN a DROP DEFAULT", "drops the default of column a of users"],
  ["ALTER TABLE users ADD COLUMN a int NOT NULL", "adds column a to users, NOT NULL without a default"],
  ["ALTER TABLE users ADD CONSTRAINT one CHECK (a > 0)", "adds constraint one to users"],
  ["ALTER TABLE users ENABLE ROW LEVEL SECURITY", "hides rows of users behind row security"],
  ["TRUNCATE users, posts", "removes all rows of users|removes all rows of posts"],
  ["DELETE FROM users", "removes all rows of users"],
  ["WITH gone AS (DELETE FROM users RETURNING *) INSERT INTO old SELECT * FROM gone", "removes all rows of users"],
  ["DO $$ BEGIN DROP TABLE users; END $$", "runs a block of code"],
])("%s", async (sql, what) => {
  const found = await findings(`-- DROP TABLE comment;\nSELECT 'DROP TABLE string';\n${sql};`);
  expect(found.map((finding) => finding.what).join("|")).toBe(what);
  expect(found[0]).toMatchObject({ file: "0.sql", line: 3, instead: expect.stringMatching(/\.$/) });
});

it.each([
  "CREATE TABLE a (id int NOT NULL)",
  "ALTER TABLE users ADD COLUMN a int",
  "ALTER TABLE users ADD COLUMN a int NOT NULL DEFAULT 3",
  "ALTER TABLE users ADD COLUMN a bigserial NOT NULL",
  "ALTER TABLE users ADD COLUMN a int GENERATED ALWAYS AS IDENTITY",
  "ALTER TABLE users ALTER COLUMN a SET DEFAULT 3",
  "ALTER TABLE users ALTER COLUMN a DROP NOT NULL",
  "ALTER TABLE users DROP CONSTRAINT c",
  "CREATE INDEX CONCURRENTLY i ON users (a)",
  "DROP INDEX i",
  "ALTER INDEX i RENAME TO j",
  "ALTER TYPE mood ADD VALUE 'calm'",
  "DELETE FROM users WHERE id = 1",
  "UPDATE users SET a = b",
  "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM users'",
])("finds nothing in: %s", async (sql) => {
  expect(await findings(sql)).toEqual([]);
});

it("finds nothing in what is done to a table that these migrations make", async () => {
  const make =
    "CREATE TABLE posts (id int);\nALTER TABLE posts ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users (id);";
  expect(
    await findings(make, "ALTER TABLE posts ADD COLUMN a int NOT NULL; DELETE FROM posts; DROP TABLE posts;"),
  ).toEqual([]);
  expect(await findings("CREATE TABLE IF NOT EXISTS posts (id int); DELETE FROM posts;")).toHaveLength(1);
  expect(await findings("DELETE FROM posts; CREATE TABLE posts (id int);")).toHaveLength(1);
});
