import { expect, it } from "vitest";
import { readBearer } from "../../../control/api/bearer.ts";

it.each([
  ["Bearer abc", "abc"],
  ["bearer abc", "abc"],
  ["BEARER   a.b~c+d/e-f_9==", "a.b~c+d/e-f_9=="],
])("%j brings %j", (header, credentials) => {
  expect(readBearer(header)).toBe(credentials);
});

it.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  " Bearer abc",
  "Bearer abc ",
  "Bearer abc def",
  "Bearer abc, Bearer def",
  "Bearer\tabc",
  "Bearer abc\r\nx-admin: 1",
  "Bearer ábc",
  "Basic abc",
  "Token abc",
  "abc",
])("%j brings nothing", (header) => {
  expect(readBearer(header)).toBeNull();
});
