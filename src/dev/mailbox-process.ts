// The mailbox in a process of its own. See MailboxArguments for what it is given.
import { readFile } from 'node:fs/promises'
import { givenByParent, serveParent } from './child-entry.ts'
import { startMailbox } from './mailbox.ts'

export interface MailboxArguments {
  smtpPort: number
  pagePort: number
  certFile: string
  keyFile: string
  user: string
  password: string
}

const { certFile, keyFile, ...given } = await givenByParent<MailboxArguments>()
const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
const mailbox = await startMailbox({ ...given, cert, key })
serveParent({ port: given.smtpPort }, () => mailbox.close())
