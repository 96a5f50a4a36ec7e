// What the doctor asks of the HTTP door's surroundings: the certificate that it shows, and the issuer that it believes.
import { X509Certificate } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { examine, type Finding, failed, ok, warning } from '../domain/doctor/finding.ts'
import type { FetchJson } from '../outbound/fetch-json.ts'
import { discoverJwksUrl } from './authentication/jwks-source.ts'
import { DEFAULT_ALGORITHMS, importVerificationKeys } from './authentication/verification-keys.ts'
import { readCertificate } from './certificate.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Renewal is due well before the end; automatic ones renew at 30 days. */
const RENEW_WITHIN_DAYS = 21
const GROUP_AND_OTHERS_READ = 0o044

export async function examineCertificate(
  files: { certFile: string; keyFile: string },
  publicHost: string | null,
  wallNow: Date,
): Promise<Finding[]> {
  const renew = 'Put a valid certificate chain and its key at TLS_CERT_FILE and TLS_KEY_FILE; no restart is needed.'
  return examine('certificate', renew, async () => {
    const findings: Finding[] = []
    try {
      const { cert, validTo } = await readCertificate(files, wallNow)
      const leaf = new X509Certificate(cert)
      const days = Math.floor((validTo.getTime() - wallNow.getTime()) / DAY_MS)
      const says = `valid for ${days} more days`
      findings.push(days < RENEW_WITHIN_DAYS ? warning('certificate', says, renew) : ok('certificate', says))
      if (new Date(leaf.validFrom) > wallNow) findings.push(failed('certificate', 'is not valid yet', renew))
      if (publicHost !== null && leaf.checkHost(publicHost) === undefined && leaf.checkIP(publicHost) === undefined) {
        findings.push(
          failed('certificate name', 'does not name the host of PUBLIC_URL', 'Get a certificate for that host.'),
        )
      }
    } catch (error) {
      const { code } = error as { code?: unknown }
      findings.push(failed('certificate', code === undefined ? sentence(error) : `cannot be read (${code})`, renew))
    }
    const { mode } = await stat(files.keyFile)
    if ((mode & GROUP_AND_OTHERS_READ) !== 0) {
      findings.push(warning('certificate key', 'is readable by others', 'Set the mode of TLS_KEY_FILE to 0600.'))
    }
    return findings
  })
}

/** Our own errors are whole sentences; those of OpenSSL carry a code and are not shown. */
const sentence = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, '') : 'cannot be used')

export async function examineIssuer(options: {
  issuer: string
  jwksUrl: string | undefined
  fetchJson: FetchJson
}): Promise<Finding[]> {
  const reach = 'See whether this machine reaches AUTH_ISSUER, and whether AUTH_CA_FILE or AUTH_JWKS_URL is needed.'
  let url = options.jwksUrl
  if (url === undefined) {
    try {
      url = await discoverJwksUrl(options.issuer, options.fetchJson)
    } catch (error) {
      const says =
        (error as Error).name === 'FetchFailed'
          ? 'its metadata cannot be read'
          : (error as Error).message.replace(/\.$/, '')
      return [failed('issuer', says, reach)]
    }
  }
  try {
    const keys = await importVerificationKeys(await options.fetchJson(url), DEFAULT_ALGORITHMS)
    if (keys.length === 0) {
      return [
        failed(
          'issuer',
          'publishes no key that may verify',
          `Let it sign with one of ${DEFAULT_ALGORITHMS.join(', ')}, RSA of 2048 bits or more.`,
        ),
      ]
    }
    return [
      ok(
        'issuer',
        `${keys.length} usable ${keys.length === 1 ? 'key' : 'keys'} (${[...new Set(keys.map(key => key.alg))].join(', ')})`,
      ),
    ]
  } catch {
    return [failed('issuer', 'its keys cannot be read', reach)]
  }
}
