/** `npm run token -- <name>`: an API token, and the row that makes it known to a directory. */
import { randomBytes } from "node:crypto";
import { createToken } from "../../schema/token.ts";

const [name = ""] = process.argv.slice(2);
if (!/^[\w .@-]{1,100}$/.test(name)) {
  console.error("Say whose it is, in letters, digits, spaces and . @ _ -: npm run --silent token -- ops");
  process.exitCode = 2;
} else {
  const { id, token, hash } = await createToken(randomBytes);
  const row = `'${id}', '${hash}', '${name}', '${new Date().toISOString()}'`;
  console.log(`Token, shown once:\n  ${token}\n`);
  console.log("Make it known:");
  console.log(
    `  npx wrangler d1 execute atelier-directory --remote --env production -c control/wrangler.toml --command "INSERT INTO tokens (id, hash, name, created_at) VALUES (${row})"`,
  );
}
