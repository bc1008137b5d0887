/** 24 to 64 bytes, says the standard. */
const SECRET_BYTES = 32;

/** A fresh secret as Standard Webhooks write it: `whsec_<base64>`. */
export function createSecret(randomBytes: (length: number) => Uint8Array): string {
  return `whsec_${btoa(String.fromCharCode(...randomBytes(SECRET_BYTES)))}`;
}
