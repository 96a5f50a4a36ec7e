// Payers and charges that go on being made and revealed while keys are rotated, each kept so that it can be asked for again.
import { randomUUID } from 'node:crypto'
import type { ApiAnswer, ApiClient } from './api-client.ts'

export type Person = { id: string; shortName: string; realName: string; email: string }
export type KeyLoad = {
  people: Person[]
  charges: string[]
  /** Answers that no request may get, whatever happens to the keys. */
  faults: string[]
  stop(): Promise<void>
}

/** Reveals are few for each client, so each is asked for by one of its own. */
export type Clients = { checkout: ApiClient; billing: ApiClient; revealer: () => ApiClient }

const REASON = 'seeing whether it opens'

/** `lanes` work at once until they are stopped. */
export function startKeyLoad(clients: () => Clients, tokens: readonly string[], lanes: number): KeyLoad {
  const load: KeyLoad = { people: [], charges: [], faults: [], stop }
  let stopped = false
  const note = (what: string, answer: ApiAnswer, wanted: number) => {
    if (answer.status !== wanted) load.faults.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`)
    return answer.status === wanted
  }

  async function lane(): Promise<void> {
    for (let round = 0; !stopped; round++) {
      const { checkout, billing } = clients()
      const person = newPerson()
      const made = await checkout.post('/v1/payers', {
        short_name: person.shortName,
        real_name: person.realName,
        email: person.email,
      })
      if (note('payer', made, 201)) load.people.push({ ...person, id: made.json.id })
      const token = tokens[round % tokens.length]
      const charge = await billing.post('/v1/charges', {
        token,
        amount: 1_000 + round,
        currency: 'usd',
        reference: `keys-${randomUUID()}`,
        description: person.shortName,
      })
      if (note('charge', charge, 201)) load.charges.push(charge.json.id)
      const known = load.people[Math.floor((round * 7919) % Math.max(1, load.people.length))]
      if (known) load.faults.push(...(await faultsOf(clients(), known)))
    }
  }

  const running = Promise.all(Array.from({ length: lanes }, lane))
  async function stop(): Promise<void> {
    stopped = true
    await running
  }
  return load
}

/** What a person shows that is not what was written. */
export async function faultsOf({ checkout, revealer }: Clients, person: Person): Promise<string[]> {
  const shown = await checkout.get(`/v1/payers/${person.id}`)
  const revealed = await revealer().post(
    `/v1/payers/${person.id}/reveal`,
    { fields: ['real_name', 'email'], purpose: 'legal_request', reason: REASON },
    { key: null },
  )
  const faults: string[] = []
  if (shown.json?.short_name !== person.shortName) faults.push(`get: ${shown.status} ${shown.text.slice(0, 200)}`)
  const { real_name, email } = revealed.json?.fields ?? {}
  if (real_name !== person.realName || email !== person.email)
    faults.push(`reveal: ${revealed.status} ${revealed.text.slice(0, 200)}`)
  return faults
}

function newPerson(): Omit<Person, 'id'> {
  const name = randomUUID().slice(0, 8)
  return { shortName: `K. ${name}`, realName: `Key ${name}`, email: `${name}@example.org` }
}
