import { expect, it } from "vitest";
import { parseDatabaseUrl } from "../../../builder/migrate/database-url.ts";

it("reads what it needs, and nothing that names a file or a socket", () => {
  expect(
    parseDatabaseUrl("postgres://me:p%40ss@db.example:6000/shop?sslmode=require&sslkey=/etc/shadow&host=/tmp"),
  ).toEqual({
    ok: true,
    value: { host: "db.example", port: 6000, user: "me", password: "p@ss", database: "shop", tls: "verified" },
  });
  expect(parseDatabaseUrl("postgresql://me@[::1]")).toMatchObject({
    value: { host: "::1", port: 5432, database: "me", tls: "off" },
  });
});

it.each([
  "",
  "mysql://a:b@c/d",
  "postgres:///d",
  "postgres://host/d",
  "postgres://a:%@h/d",
  "postgres://a:b@h/d?sslmode=x",
  "postgres://a@%2Ftmp/d",
])("refuses %s without quoting it", (text) => {
  const parsed = parseDatabaseUrl(text);
  expect(parsed).toMatchObject({ ok: false, failure: expect.stringMatching(/^It /) });
});
