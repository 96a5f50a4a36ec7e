// undici has no entry for its pool alone, and its main entry brings a browser's whole network with it: 0.7 MiB of the bundle.
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool as PoolType } from 'undici'
  // biome-ignore lint/style/noDefaultExport: a CommonJS module has no other
  export default class Pool extends PoolType {}
}
