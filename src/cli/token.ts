// `panless token`: an access token of the running embedded environment, for trying the API by hand.
import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { SCOPES_BY_ROLE } from '../domain/permissions.ts'
import { EXIT } from './exit-codes.ts'

const CLIENTS = ['checkout', 'billing', 'finance', 'privacy', 'admin'] as const
type Client = (typeof CLIENTS)[number]

interface TokenOptions {
  tenant?: string
  scope?: string
  json?: boolean
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('print an access token from the embedded identity provider (needs a running `npm start`)')
    .argument('<client>', `one of ${CLIENTS.join(', ')}`)
    .addOption(new Option('--tenant <tenant>', 'the tenant that the token is for (default: the first one)'))
    .addOption(new Option('--scope <scopes>', 'scopes, separated by spaces (default: all of the client)'))
    .option('--json', 'as an object with the address of the service')
    .addHelpText(
      'after',
      `\nExamples:\n  panless token billing\n  panless token admin --tenant other --scope "tokens:read"\n\nExit codes: 0 printed, ${EXIT.failed} refused, ${EXIT.unavailable} nothing is running.`,
    )
    .action(printToken)
}

async function printToken(client: string, options: TokenOptions): Promise<void> {
  const [
    { dataFolder, embeddedFiles },
    { readDevJson },
    { openHttpsClient },
    { requestAccessToken, TokenRefusedError },
  ] = await Promise.all([
    import('../dev/environment.ts'),
    import('../dev/dev-json.ts'),
    import('../dev/https-client.ts'),
    import('../dev/access-token.ts'),
  ])
  if (!isClient(client)) {
    console.error(`There is no such client. It is one of ${CLIENTS.join(', ')}.`)
    process.exitCode = EXIT.failed
    return
  }
  const dev = await readDevJson(embeddedFiles(dataFolder()).devJson)
  if (dev === null) {
    console.error('The embedded environment is not running. Start it with: npm start')
    process.exitCode = EXIT.unavailable
    return
  }
  const https = openHttpsClient(await readFile(dev.ca_file, 'utf8'))
  try {
    const token = await requestAccessToken(https, {
      tokenEndpoint: dev.token_endpoint,
      client: dev.clients[client],
      tenant: options.tenant ?? (dev.tenants[0] as string),
      scope: options.scope ?? SCOPES_BY_ROLE[client].join(' '),
    })
    console.log(options.json ? JSON.stringify({ url: dev.url, ca_file: dev.ca_file, access_token: token }) : token)
  } catch (cause) {
    const refused = cause instanceof TokenRefusedError
    console.error(
      refused ? `Refused: ${cause.message}` : `The identity provider cannot be reached. Is npm start running?`,
    )
    process.exitCode = refused ? EXIT.failed : EXIT.unavailable
  } finally {
    https.close()
  }
}

function isClient(name: string): name is Client {
  return (CLIENTS as readonly string[]).includes(name)
}
