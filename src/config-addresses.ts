// Judging the addresses that settings hold: which are of this machine, and which are an address or a range at all.
import { isIP } from 'node:net'

export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return (
    bare === '' || bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare) || bare.startsWith('/')
  )
}

export function isLoopbackUrl(url: string): boolean {
  try {
    return isLoopbackHost(new URL(url).hostname)
  } catch {
    return false
  }
}

/** Whether a Postgres URL names this machine: by address, or by the folder of a unix socket in `?host=`. */
export function isLoopbackDatabase(text: string): boolean {
  const url = new URL(text)
  const socket = url.searchParams.get('host')
  return socket?.startsWith('/') ? true : isLoopbackHost(decodeURIComponent(url.hostname))
}

export function isAddressOrRange(item: string): boolean {
  const [address = '', prefix, ...rest] = item.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)
}
