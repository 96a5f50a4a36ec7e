// The code that is mailed to a person: eight characters that cannot be taken for one another, kept as a keyed hash.
import { createHmac, randomInt } from 'node:crypto'
import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import type { Ctx } from '../context.ts'

const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'
const CODE_CHARACTERS = 8
const LABEL = 'panless/identity-code/1'

/** As it is shown: `ABCD-EFGH`. */
export function newCode(): string {
  const text = Array.from({ length: CODE_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return `${text.slice(0, CODE_CHARACTERS / 2)}-${text.slice(CODE_CHARACTERS / 2)}`
}

/** As people type it: in any case, with or without the dash. */
export const hashOfCode = (ctx: Pick<Ctx, 'keyring' | 'tenantId'>, checkId: string, typed: string): Buffer =>
  createHmac('sha256', ctx.keyring.derive('lookup-hash'))
    .update(
      lengthPrefixed([
        LABEL,
        ctx.tenantId,
        checkId,
        typed
          .normalize('NFKC')
          .toUpperCase()
          .replaceAll(/[^A-Z0-9]/g, ''),
      ]),
    )
    .digest()
