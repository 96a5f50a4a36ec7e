// One audit entry with its proof; verifying the whole log; the signed checkpoints.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { actionInWords } from '../../domain/audit/actions-in-words.ts'
import { getAuditEntry } from '../../domain/audit/get-audit-entry.ts'
import { type AuditCheckpointView, listAuditCheckpoints } from '../../domain/audit/list-audit-checkpoints.ts'
import type { AuditEntryView } from '../../domain/audit/list-audit-log.ts'
import { type AuditProof, proveAuditEntry } from '../../domain/audit/prove-audit-entry.ts'
import { type AuditVerification, verifyAuditLog } from '../../domain/audit/verify-audit-log.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { showAction, tryAction } from '../action.ts'
import { show } from '../answer.ts'
import { type Fact, facts, linkButton, titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { NOTHING_TYPED, type Refused, refusalSummary } from '../form.ts'
import { id, number, payerLink, state, time, wholeId } from '../format.ts'
import { formToken } from '../layout.ts'
import { showList } from '../show-list.ts'
import { AUDIT_TEXTS } from '../texts/audit-texts.ts'
import type { Html, View } from '../view.ts'
import { actorInWords, outcomeState } from './audit-entries.ts'

const PATH = '/console/audit'

export function auditProofPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(`${PATH}/verify`, c => verifyPage(c, door, null))
  app.post(`${PATH}/verify`, async c => {
    const after = door.formOf(c).get('after_block') ?? '0'
    const result = await verifyAuditLog(door.ctxOf(c), { after_block: after })
    return verifyPage(c, door, { after: Number(after), result })
  })
  app.get(`${PATH}/checkpoints`, c => checkpointsPage(c, door))
  app.get(`${PATH}/:id/proof.json`, async c => {
    const proof = await proveAuditEntry(door.ctxOf(c), c.req.param('id'))
    c.header('Content-Disposition', `attachment; filename="${proof.entry}.proof.json"`)
    return c.json(proof)
  })
  app.get(`${PATH}/:id`, async c => entryPage(c, door, null, null))
  app.post(`${PATH}/:id`, c =>
    tryAction(
      c,
      door,
      async () => entryPage(c, door, await proveAuditEntry(door.ctxOf(c), c.req.param('id')), null),
      refused => entryPage(c, door, null, refused),
    ),
  )

  return app
}

async function entryPage(
  c: ConsoleContext,
  door: ConsoleDoor,
  proof: AuditProof | null,
  refused: (Refused & { status: number }) | null,
) {
  const { view } = c.var
  const texts = AUDIT_TEXTS[view.language]
  const entry = await getAuditEntry(door.ctxOf(c), c.req.param('id') as string)
  const title = actionInWords(view.language, entry.action)
  const body = html`${titleLine({ title, above: { path: PATH, label: texts.title }, state: outcomeState(view, entry.outcome) })}
${refusalSummary(view, refused, [])}
${facts(view, entryFacts(view, entry))}
<section><h2>${texts.proof}</h2><p>${texts.proofLead}</p>${proof === null ? proofButton(view, entry.id) : proofFacts(view, proof)}</section>`
  return show(c, door, { title, section: 'audit', body }, refused?.status ?? 200)
}

function entryFacts(view: View, entry: AuditEntryView): Fact[] {
  const texts = AUDIT_TEXTS[view.language]
  const details = Object.entries(entry.details)
  const { subject } = entry
  return [
    [texts.when, time(view, entry.at)],
    [texts.who, actorInWords(view, entry.actor)],
    [texts.action, html`<code>${entry.action}</code>`],
    [texts.object, html`<code>${subject.type}</code> ${subject.id === null ? '' : wholeId(view, subject.id)}`],
    [texts.payer, entry.payer === null ? view.words.none : payerLink(view, entry.payer)],
    [
      texts.details,
      details.length === 0
        ? texts.noDetails
        : html`${details.map(([name, value]) => html`<div><code>${name}</code> ${typeof value === 'string' ? value : JSON.stringify(value)}</div>`)}`,
    ],
    [texts.sequence, number(view, entry.sequence)],
    [texts.request, html`<code>${entry.request_id}</code>`],
    [texts.address, entry.address_hash === null ? view.words.none : html`<code>${entry.address_hash}</code>`],
    [texts.rowHash, html`<code>${entry.row_hash}</code>`],
  ]
}

const proofButton = (view: View, entryId: string): Html =>
  html`<form method="post" action="${PATH}/${entryId}">${formToken(view)}<button class="main">${AUDIT_TEXTS[view.language].prove}</button></form>`

function proofFacts(view: View, proof: AuditProof): Html {
  const texts = AUDIT_TEXTS[view.language]
  const list: Fact[] = [
    [texts.block, number(view, proof.chain[0]?.number ?? 0)],
    [texts.leaf, `${number(view, proof.index + 1)} / ${number(view, proof.tree_size)}`],
    [texts.root, html`<code>${proof.root}</code>`],
    [texts.path, html`${proof.path.map(node => html`<div><code>${node}</code></div>`)}`],
    [texts.statement, html`<code>${proof.checkpoint.statement}</code>`],
  ]
  return html`<p role="status">${state('good', texts.proved, 'lock')}</p>${facts(view, list, `${texts.checkpoint} ${number(view, proof.checkpoint.number)}`)}
<p class="buttons">${linkButton(`${PATH}/${proof.entry}/proof.json`, texts.download)}</p>`
}

/** One call verifies a limited number of blocks: those after a given one. */
type Verified = { after: number; result: AuditVerification }

async function verifyPage(c: ConsoleContext, door: ConsoleDoor, verified: Verified | null) {
  const { view } = c.var
  requirePermission(door.ctxOf(c), 'verifyAuditLog')
  const texts = AUDIT_TEXTS[view.language]
  const content = {
    name: texts.verify,
    title: texts.verify,
    lead: texts.verifyLead,
    section: 'audit' as const,
    back: { path: PATH, label: texts.title },
    before: verified === null ? html`` : verificationFacts(view, verified),
    fields: [],
    button: texts.verifyButton,
  }
  return showAction(c, door, content, NOTHING_TYPED, null)
}

function verificationFacts(view: View, { after, result }: Verified): Html {
  const texts = AUDIT_TEXTS[view.language]
  const last = result.last_block.number
  const later = result.next_after_block !== null
  const left = [
    ...(after > 0 ? [texts.throughBlock(number(view, after))] : []),
    ...(later ? [texts.fromBlock(number(view, last + 1))] : []),
  ]
  const sound = left.length === 0 ? texts.sound : texts.soundInPart
  const list: Fact[] = [
    [
      texts.verified,
      result.blocks === 0
        ? view.words.none
        : texts.fromToBlock(number(view, last - result.blocks + 1), number(view, last)),
    ],
    [texts.notVerified, left.join(', ') || view.words.none],
    [texts.entries, number(view, result.entries)],
    [texts.blocks, number(view, result.blocks)],
    [texts.checkpointsHeld, number(view, result.checkpoints)],
    [texts.unsealed, result.unsealed === null ? '–' : number(view, result.unsealed)],
    ...result.findings.map(
      (one): Fact => [
        texts.finding,
        html`<strong>${state('bad', one.code)}</strong> <span lang="en">${one.detail}</span>`,
      ],
    ),
  ]
  const more = later
    ? html`<form method="post" action="${PATH}/verify">${formToken(view)}<input type="hidden" name="after_block" value="${result.next_after_block}"><button class="main">${texts.verifyMore}</button></form>`
    : ''
  return html`<div class="outcome" role="status">${result.ok ? state('good', sound, 'lock') : state('bad', texts.unsound)}</div>
${facts(view, list, texts.verify)}${more}`
}

function checkpointsPage(c: ConsoleContext, door: ConsoleDoor) {
  const { view } = c.var
  const texts = AUDIT_TEXTS[view.language]
  return showList<AuditCheckpointView>(c, door, {
    title: titleLine({
      title: texts.checkpoints,
      above: { path: PATH, label: texts.title },
      lead: texts.checkpointsLead,
    }),
    name: texts.checkpoints,
    section: 'audit',
    path: `${PATH}/checkpoints`,
    filters: [],
    caption: texts.checkpoints,
    columns: [
      { head: texts.number, kind: 'number', cell: row => number(view, row.number) },
      { head: texts.when, sorts: true, cell: row => time(view, row.created_at) },
      { head: texts.through, kind: 'number', cell: row => number(view, row.entries_through) },
      { head: texts.copies, cell: row => copiesOf(view, row) },
      { head: texts.statement, cell: row => id(view, row.statement) },
    ],
    href: null,
    empty: () => texts.checkpointsEmpty,
    read: query => listAuditCheckpoints(door.ctxOf(c), query),
  })
}

const COPY_TONES = { waiting: 'wait', written: 'good', contradicted: 'bad' } as const

function copiesOf(view: View, { copies }: AuditCheckpointView): Html {
  const texts = AUDIT_TEXTS[view.language]
  if (copies.length === 0) return html`<span class="soft">${texts.noCopies}</span>`
  return html`${copies.map(({ place, status }) => html`<div>${state(COPY_TONES[status], `${place}: ${texts.copyStates[status]}`)}</div>`)}`
}
