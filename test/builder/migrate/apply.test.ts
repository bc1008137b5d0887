import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { applyMigrations, type MigrationLimits } from "../../../builder/migrate/apply.ts";
import type { DatabaseAddress } from "../../../builder/migrate/database-url.ts";
import type { MigrationFile } from "../../../builder/migrate/migration-file.ts";
import { freePort } from "../../support/free-port.ts";
import { migration } from "../../support/migrations.ts";
import { type Postgres, postgresMissing, query, startPostgres } from "../../support/postgres.ts";

// Databases start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const limits: MigrationLimits = { connectMs: 5_000, turnMs: 5_000, lockMs: 200, statementMs: 10_000 };
const users = migration("0001_users.sql", "CREATE TABLE users (id int);\nINSERT INTO users VALUES (1);");

function migrate(address: DatabaseAddress, files: readonly MigrationFile[], said: string[] = []) {
  const signal = new AbortController().signal;
  return applyMigrations({ address, files, deployment: "dpl_1", limits, say: (line) => said.push(line), signal });
}

const counted = async (address: DatabaseAddress) => (await query(address, "SELECT count(*)::int AS n FROM users"))[0].n;

function behaves(open: () => Promise<DatabaseAddress>) {
  it("applies what is pending once, however many do it at once", async () => {
    const address = await open();
    const ended = await Promise.all(Array.from({ length: 4 }, () => migrate(address, [users])));
    expect(ended.flatMap((one) => (one.ok ? one.value.applied : [one.failure.detail]))).toEqual([users.name]);
    expect(await migrate(address, [users])).toEqual({ ok: true, value: { applied: [] } });
    expect(await counted(address)).toBe(1);
  });

  it("leaves the database as it was when a statement fails, and names its line in the database's words", async () => {
    const address = await open();
    const bad = migration("0002_bad.sql", "INSERT INTO users VALUES (2);\n\nINSERT INTO users\nVALUES (nothing);");
    expect(await migrate(address, [users, bad])).toMatchObject({
      ok: false,
      failure: { reason: "migration_failed", detail: 'migrations/0002_bad.sql:4: column "nothing" does not exist' },
    });
    expect(await counted(address)).toBe(1);
    const good = migration(bad.name, "INSERT INTO users VALUES (2);");
    expect(await migrate(address, [users, good])).toMatchObject({ ok: true, value: { applied: [good.name] } });
    const edited = migration(users.name, "SELECT 1");
    expect(await migrate(address, [edited, good])).toMatchObject({
      ok: false,
      failure: { reason: "migration_refused" },
    });
  });

  it("touches nothing for a syntax error or a COMMIT in any pending file, and warns of what is destructive", async () => {
    const address = await open();
    const wrong = migration("0002_wrong.sql", "SELECT 1;\nCREATE TABEL x ();");
    expect(await migrate(address, [users, wrong])).toMatchObject({ failure: { reason: "migration_failed" } });
    const commit = migration("0002_wrong.sql", "SELECT 1;\nCOMMIT;");
    expect(await migrate(address, [users, commit])).toMatchObject({ failure: { reason: "migration_refused" } });
    expect((await query(address, "SELECT to_regclass('users') AS t"))[0].t).toBeNull();
    const said: string[] = [];
    await migrate(address, [users], said);
    await migrate(address, [users, migration("0002.sql", "ALTER TABLE users DROP COLUMN id;")], said);
    expect(said.join("\n")).toMatch(/Warning: migrations\/0002.sql:1 drops column id of users/);
  });

  it("keeps a file's settings from the ledger and from the next file", async () => {
    const address = await open();
    const setting = migration("0002_set.sql", "SELECT set_config('search_path', '', false); SET lock_timeout = 7;");
    const next = migration("0003_next.sql", "INSERT INTO users VALUES (3);");
    expect(await migrate(address, [users, setting, next])).toMatchObject({
      ok: true,
      value: { applied: { length: 3 } },
    });
  });

  it("runs a file without a transaction where it says so, and never again when it was cut", async () => {
    const address = await open();
    const index = migration("0002_i.sql", "-- atelier: no-transaction\nCREATE INDEX CONCURRENTLY i ON users (id);");
    expect(await migrate(address, [users, index])).toMatchObject({ ok: true, value: { applied: { length: 2 } } });
    const half = migration("0003_h.sql", "-- atelier: no-transaction\nINSERT INTO users VALUES (3);\nSELECT nothing;");
    expect(await migrate(address, [users, index, half])).toMatchObject({
      failure: { reason: "migration_failed", detail: expect.stringContaining("1 of its 2 statements were done") },
    });
    // Another session: what is gone can not be the one that runs it.
    await query(address, "UPDATE atelier.migrations SET backend_pid = 1, backend_start = NULL WHERE state = 'started'");
    expect(await migrate(address, [users, index, half])).toMatchObject({
      failure: { reason: "migration_refused", detail: expect.stringContaining("did not end it") },
    });
    expect(await counted(address)).toBe(2);
  });
}

describe.skipIf(postgresMissing !== null)("on PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  behaves(() => postgres.createDatabase());

  it("waits for a lock with a bound, and goes on after its connection was cut", async () => {
    const address = await postgres.createDatabase();
    await migrate(address, [users]);
    const hold = query(address, "BEGIN; LOCK TABLE users; SELECT pg_sleep(20)").catch(() => {});
    const alter = migration("0002_a.sql", "ALTER TABLE users ADD COLUMN a int;");
    await expect
      .poll(() => query(address, "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock'"))
      .toHaveLength(1);
    expect(await migrate(address, [users, alter])).toMatchObject({ failure: { reason: "migration_blocked" } });
    await query(
      address,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()",
    );
    await hold;
    const slow = migration("0002_a.sql", "INSERT INTO users VALUES (2); SELECT pg_sleep(1);");
    const running = migrate(address, [users, slow]);
    const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(1)'";
    await expect.poll(() => query(address, cut), { interval: 20, timeout: 5_000 }).toHaveLength(1);
    expect(await running).toMatchObject({ ok: true, value: { applied: [slow.name] } });
    expect(await counted(address)).toBe(2);
  });

  it("says that a database may only be read, and that one is not there", async () => {
    const address = await postgres.createDatabase();
    await query(
      { ...address, database: "postgres" },
      `ALTER DATABASE ${address.database} SET default_transaction_read_only = on`,
    );
    expect(await migrate(address, [users])).toMatchObject({ failure: { reason: "database_read_only" } });
    expect(await migrate({ ...address, database: "nowhere" }, [users])).toMatchObject({
      failure: { reason: "database_unreachable" },
    });
  });
});

describe("on PGlite behind its socket server", () => {
  let db: PGlite;
  let server: PGLiteSocketServer;
  let address: DatabaseAddress;
  beforeAll(async () => {
    db = await PGlite.create();
    const port = (await freePort()) ?? 0;
    server = new PGLiteSocketServer({ db, port, host: "127.0.0.1", maxConnections: 20 });
    await server.start();
    address = { host: "127.0.0.1", port, user: "postgres", password: "postgres", database: "postgres", tls: "off" };
  });
  afterAll(async () => {
    await server.stop();
    await db.close();
  });
  behaves(async () => {
    await query(address, "DROP SCHEMA IF EXISTS atelier CASCADE; DROP TABLE IF EXISTS users");
    return address;
  });
});

it("says that nobody answers, without the address", async () => {
  const address = { host: "127.0.0.1", port: 1, user: "a", password: "b", database: "c", tls: "off" } as const;
  const failure = { reason: "database_unreachable", detail: "ECONNREFUSED", passing: true };
  expect(await migrate(address, [users])).toEqual({ ok: false, failure });
});
