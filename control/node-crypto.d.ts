/** The one thing of `node:crypto` that this Worker uses (flag `nodejs_compat`): a hash without a promise. */
declare module "node:crypto" {
  export function createHash(algorithm: "sha256"): {
    update(data: string): { digest(): Uint8Array };
  };
}
