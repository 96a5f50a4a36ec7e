// Who may do what: scopes, the roles that hold them, and the scope that each operation needs, as tables.
import type { Actor } from './context.ts'
import { DomainError } from './errors.ts'

export const SCOPES_BY_ROLE = {
  checkout: ['payers:read', 'payers:write', 'checkout:create', 'tokens:create', 'tokens:read'],
  billing: [
    'payers:read',
    'tokens:read',
    'charges:create',
    'charges:read',
    'charges:write',
    'refunds:create',
    'billing-runs:write',
    'billing-runs:read',
    'invoices:read',
    'invoices:write',
    'collection:read',
    'collection:write',
  ],
  // Never a scope that moves money.
  finance: [
    'payers:read',
    'tokens:read',
    'charges:read',
    'invoices:read',
    'collection:read',
    'collection:write',
    'reconciliation:read',
    'reconciliation:write',
    'ledger:read',
  ],
  privacy: ['payers:read', 'payers:reveal', 'privacy:read', 'privacy:write', 'disclosures:write', 'audit:read'],
  admin: ['tokens:read', 'tokens:write', 'webhooks:write', 'audit:read', 'admin'],
  // Held by staff only, never by a client of its own.
  auditor: ['audit:read', 'reconciliation:read', 'charges:read', 'ledger:read', 'privacy:read'],
} as const

export type Role = keyof typeof SCOPES_BY_ROLE
export type Scope = (typeof SCOPES_BY_ROLE)[Role][number]

export const ROLES = Object.keys(SCOPES_BY_ROLE) as Role[]
export const SCOPES: readonly Scope[] = [...new Set(Object.values(SCOPES_BY_ROLE).flat())]

/** The scope that each operation needs, named as its verb is. */
export const PERMISSIONS = {
  createPayer: 'payers:write',
  updatePayer: 'payers:write',
  getPayer: 'payers:read',
  listPayers: 'payers:read',
  searchPayers: 'payers:read',
  revealPayer: 'payers:reveal',

  createCheckoutSession: 'checkout:create',
  getCheckoutSession: 'checkout:create',

  createToken: 'tokens:create',
  getToken: 'tokens:read',
  listTokens: 'tokens:read',
  updateToken: 'tokens:write',
  freezeToken: 'tokens:write',
  thawToken: 'tokens:write',
  detachToken: 'tokens:write',

  createCharge: 'charges:create',
  getCharge: 'charges:read',
  listCharges: 'charges:read',
  captureCharge: 'charges:write',
  cancelCharge: 'charges:write',
  resolveCharge: 'reconciliation:write',

  createRefund: 'refunds:create',
  getRefund: 'charges:read',
  listRefunds: 'charges:read',

  startReconciliation: 'reconciliation:write',
  getReconciliation: 'reconciliation:read',
  listReconciliations: 'reconciliation:read',
  listPayouts: 'reconciliation:read',
  getPayout: 'reconciliation:read',
  listExceptions: 'reconciliation:read',
  getCoverage: 'reconciliation:read',
  exportCharges: 'reconciliation:read',
  exportBalanceLines: 'reconciliation:read',
  exportPayouts: 'reconciliation:read',

  listConsents: 'privacy:read',
  recordConsent: 'privacy:write',
  withdrawConsent: 'privacy:write',

  previewErasure: 'privacy:read',
  getErasure: 'privacy:read',
  listErasures: 'privacy:read',
  createDisclosure: 'disclosures:write',
  approveDisclosure: 'disclosures:write',
  refuseDisclosure: 'disclosures:write',
  getDisclosurePackage: 'disclosures:write',
  getDisclosure: 'privacy:read',
  listDisclosures: 'privacy:read',
  listPayerDisclosures: 'privacy:read',
  createPrivacyRequest: 'privacy:write',
  listPrivacyRequests: 'privacy:read',
  getPrivacyRequest: 'privacy:read',
  extendPrivacyRequest: 'privacy:write',
  cancelPrivacyRequest: 'privacy:write',
  startIdentityCheck: 'privacy:write',
  confirmIdentity: 'privacy:write',
  decidePrivacyRequest: 'privacy:write',
  getPrivacyReceipt: 'privacy:read',
  getAccessPackage: 'payers:reveal',

  createInquiry: 'privacy:write',
  assignInquiry: 'privacy:write',
  answerInquiry: 'privacy:write',
  closeInquiry: 'privacy:write',
  linkInquiryRequest: 'privacy:write',
  revealInquiryContact: 'payers:reveal',
  getInquiry: 'privacy:read',
  listInquiries: 'privacy:read',

  listAuditLog: 'audit:read',
  verifyAuditLog: 'audit:read',
  listAuditCheckpoints: 'audit:read',
  proveAuditEntry: 'audit:read',
} as const satisfies Record<string, Scope>

export type Operation = keyof typeof PERMISSIONS

type Asking = { actor: Actor }

export class ScopeMissing extends DomainError {
  readonly scope: Scope
  constructor(scope: Scope) {
    super('insufficient_scope', `This needs the scope ${scope}.`)
    this.scope = scope
  }
}

/** Whether the actor holds a scope: tokens what they carry, an operator at the machine all, every other actor none. */
export function hasScope({ actor }: Asking, scope: Scope): boolean {
  switch (actor.kind) {
    case 'service':
    case 'staff':
      return actor.scopes.has(scope)
    case 'operator':
      return true
    case 'session':
    case 'payer':
    case 'person':
    case 'stripe':
    case 'worker':
      return false
  }
}

/** The first line of a verb; throws insufficient_scope. */
export function requireScope(ctx: Asking, scope: Scope): void {
  if (!hasScope(ctx, scope)) {
    throw new ScopeMissing(scope)
  }
}

/** The first line of a verb that stands in PERMISSIONS; throws insufficient_scope. */
export function requirePermission(ctx: Asking, operation: Operation): void {
  requireScope(ctx, PERMISSIONS[operation])
}
