import { expect, it } from "vitest";
import { matchesEtag } from "../../router/conditional.ts";

const ETAG = '"0a1b"';

it.each([
  ['"0a1b"', true],
  ['W/"0a1b"', true],
  ['"ffff", "0a1b"', true],
  ['"ffff",W/"0a1b"', true],
  ["*", true],
  [" * ", true],
  ['"ffff"', false],
  ["0a1b", false],
  ['"0a1b', false],
  ['"*"', false],
  ["", false],
  [null, false],
])("If-None-Match %j matches: %s", (value, expected) => {
  expect(matchesEtag(value, ETAG)).toBe(expected);
});
