// The demo shop in a process of its own. See ShopArguments for what it is given.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { givenByParent, serveParent } from '../child-entry.ts'
import { createShop, type ShopArguments } from './shop.ts'

const given = await givenByParent<ShopArguments>()
const [cert, key, ca] = await Promise.all([
  readFile(given.certFile, 'utf8'),
  readFile(given.keyFile, 'utf8'),
  readFile(given.caFile, 'utf8'),
])
const server = createServer({ cert, key }, getRequestListener((await createShop(given, ca)).fetch))
await new Promise<void>((done, fail) => server.once('error', fail).listen(given.port, '127.0.0.1', done))
serveParent({ port: given.port }, async () => {
  server.closeAllConnections()
  await new Promise(done => server.close(done))
})
