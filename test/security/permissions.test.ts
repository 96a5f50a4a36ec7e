// The table of roles and scopes: what the contract says, and what no role may ever hold together.
import { describe, expect, it } from 'vitest'
import type { Actor } from '../../src/domain/context.ts'
import {
  hasScope,
  type Operation,
  PERMISSIONS,
  ROLES,
  requirePermission,
  requireScope,
  SCOPES,
  SCOPES_BY_ROLE,
} from '../../src/domain/permissions.ts'

const MOVES_MONEY = ['charges:create', 'charges:write', 'refunds:create', 'billing-runs:write'] as const
const service = (scopes: readonly string[]): { actor: Actor } => ({
  actor: { kind: 'service', subject: 's', clientId: 'c', scopes: new Set(scopes) },
})

describe('roles', () => {
  it('leave moving money to billing alone', () => {
    for (const role of ROLES.filter(name => name !== 'billing')) {
      for (const scope of MOVES_MONEY) expect(SCOPES_BY_ROLE[role]).not.toContain(scope)
    }
  })

  it('leave real names to privacy alone', () => {
    expect(ROLES.filter(role => (SCOPES_BY_ROLE[role] as readonly string[]).includes('payers:reveal'))).toEqual([
      'privacy',
    ])
  })

  it('hold every scope that an operation needs', () => {
    for (const scope of Object.values(PERMISSIONS)) expect(SCOPES).toContain(scope)
  })
})

describe('permission', () => {
  it('is given for exactly the scope of the operation, for every role', () => {
    for (const role of ROLES) {
      for (const [operation, scope] of Object.entries(PERMISSIONS)) {
        const ask = () => requirePermission(service(SCOPES_BY_ROLE[role]), operation as Operation)
        if ((SCOPES_BY_ROLE[role] as readonly string[]).includes(scope)) expect(ask).not.toThrow()
        else expect(ask).toThrow(expect.objectContaining({ code: 'insufficient_scope' }))
      }
    }
  })

  it('is not given for a part, a prefix or another spelling of a scope', () => {
    for (const near of ['charges', 'charges:*', '*', 'charges:create ', 'CHARGES:CREATE', 'charges:created', 'admin']) {
      expect(() => requireScope(service([near]), 'charges:create')).toThrow()
    }
  })

  it('is held by an operator at the machine, and by no session, payer, webhook or job', () => {
    const others: Actor[] = [
      { kind: 'session', sessionId: 'cs_1', origin: null },
      { kind: 'payer', chargeId: 'chrg_1' },
      { kind: 'stripe' },
      { kind: 'worker' },
    ]
    for (const scope of SCOPES) {
      expect(hasScope({ actor: { kind: 'operator', name: 'root' } }, scope)).toBe(true)
      for (const actor of others) expect(hasScope({ actor }, scope)).toBe(false)
    }
  })
})
