// A mailbox that catches every mail: an SMTP server over TLS on loopback, and a small page with what arrived.
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { html } from 'hono/html'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** What is kept, the newest; older ones fall out. */
const MESSAGES_MAX = 500
const MESSAGE_MAX_BYTES = 256 * 1024
const CLOSE_TIMEOUT_MS = 1_000

export type CaughtMail = {
  id: string
  message_id: string | null
  from: string | null
  to: string[]
  subject: string
  text: string
  html: string | null
  headers: Record<string, string>
  received_at: string
}

export type MailboxOptions = {
  /** 0 takes any free port. */
  smtpPort: number
  /** Null shows no page. */
  pagePort: number | null
  cert: string
  key: string
  user: string
  password: string
  /** Answers an SMTP refusal for a message, to try what a sender does then. */
  refuse?: (recipients: string[]) => { code: number; text: string } | null
}

export type Mailbox = {
  smtpPort: number
  pagePort: number | null
  /** Newest last. */
  messages(): readonly CaughtMail[]
  clear(): void
  close(): Promise<void>
}

export async function startMailbox(options: MailboxOptions): Promise<Mailbox> {
  const messages: CaughtMail[] = []
  let received = 0
  const keep = (parsed: Email, to: string[]) => {
    messages.push(caughtMail(String(++received), parsed, to))
    if (messages.length > MESSAGES_MAX) messages.shift()
  }
  const smtp = new SMTPServer({
    secure: true,
    cert: options.cert,
    key: options.key,
    size: MESSAGE_MAX_BYTES,
    closeTimeout: CLOSE_TIMEOUT_MS,
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (username === options.user && password === options.password) done(null, { user: username })
      else done(new Error('The name or the password is wrong.'))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        const refusal = stream.sizeExceeded ? { code: 552, text: 'The message is too large.' } : options.refuse?.(to)
        if (refusal) return done(Object.assign(new Error(refusal.text), { responseCode: refusal.code }))
        PostalMime.parse(Buffer.concat(chunks)).then(
          parsed => {
            keep(parsed, to)
            done()
          },
          () => done(Object.assign(new Error('The message cannot be read.'), { responseCode: 554 })),
        )
      })
    },
  })
  smtp.on('error', () => {})
  await new Promise<void>(done => smtp.listen(options.smtpPort, '127.0.0.1', done))
  const page =
    options.pagePort === null
      ? null
      : await servePage(
          mailboxPage(messages, () => messages.splice(0)),
          options.pagePort,
        )
  return {
    smtpPort: (smtp.server.address() as AddressInfo).port,
    pagePort: page?.port ?? null,
    messages: () => messages,
    clear: () => void messages.splice(0),
    async close() {
      await page?.close()
      await new Promise<void>(done => smtp.close(() => done()))
    },
  }
}

const caughtMail = (id: string, parsed: Email, to: string[]): CaughtMail => ({
  id,
  message_id: parsed.messageId ?? null,
  from: parsed.from?.address ?? null,
  to,
  subject: parsed.subject ?? '',
  text: parsed.text ?? '',
  html: parsed.html ?? null,
  headers: Object.fromEntries(parsed.headers.map(({ key, value }) => [key, value])),
  received_at: new Date().toISOString(),
})

function mailboxPage(messages: readonly CaughtMail[], clear: () => void): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    c.header('Cache-Control', 'no-store')
    // A page elsewhere that points its name at this machine is not answered.
    const host = new URL(c.req.url).hostname
    if (host !== '127.0.0.1' && host !== 'localhost') return c.text('This mailbox is read on its own machine.', 403)
    await next()
  })
  app.get('/messages', c => {
    const to = c.req.query('to')
    return c.json({ data: messages.filter(mail => to === undefined || mail.to.includes(to)).toReversed() })
  })
  app.delete('/messages', c => {
    clear()
    return c.body(null, 204)
  })
  app.get('/', c => {
    const rows = messages.toReversed().map(
      mail => html`<article><h2>${mail.subject}</h2>
<p>${mail.received_at} · from ${mail.from} · to ${mail.to.join(', ')}</p>
<pre>${mail.text}</pre></article>`,
    )
    return c.html(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mailbox</title><meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{color-scheme:light dark}body{font:16px/24px system-ui,sans-serif;max-width:800px;margin:0 auto;padding:16px}pre{white-space:pre-wrap;overflow-wrap:anywhere}</style></head>
<body><h1>Mailbox</h1><p>Every mail of this environment ends here. As JSON: <a href="/messages">/messages</a></p>
${rows.length > 0 ? rows : html`<p>No mail yet.</p>`}</body></html>`)
  })
  return app
}

async function servePage(app: Hono, port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.once('listening', done)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise(done => void server.close(() => done())),
  }
}
