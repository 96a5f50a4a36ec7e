// Well-known forms whose digits are never a card number, though a part of them may look like one.

type KnownForm = { pattern: RegExp; holds?: (text: string) => boolean }

const KNOWN_FORMS: readonly KnownForm[] = [
  // UUID (RFC 9562)
  { pattern: /(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-z])/gi },
  // traceparent (W3C Trace Context)
  { pattern: /(?<![0-9a-z])[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?![0-9a-z])/gi },
  // IBAN as printed (ISO 13616): its check digits have to fit
  { pattern: /(?<![0-9A-Z])[A-Z]{2}[0-9]{2}(?: [0-9A-Z]{4}){2,7}(?: [0-9A-Z]{1,3})?(?![0-9A-Z])/g, holds: isIban },
]
const LONGEST_KNOWN_FORM = 56

/** Whether the stretch from `from` to `to` is a part of a UUID, a trace context or a printed IBAN. */
export function isInsideKnownForm(text: string, from: number, to: number): boolean {
  const offset = Math.max(0, from - LONGEST_KNOWN_FORM)
  const around = text.slice(offset, to + LONGEST_KNOWN_FORM)
  return KNOWN_FORMS.some(({ pattern, holds }) =>
    around
      .matchAll(pattern)
      .some(
        match =>
          offset + match.index <= from &&
          offset + match.index + match[0].length >= to &&
          (holds === undefined || holds(match[0])),
      ),
  )
}

/** ISO/IEC 7064 MOD 97-10 over the IBAN with its first four characters moved to the end, letters as 10…35. */
function isIban(printed: string): boolean {
  const iban = printed.replaceAll(' ', '')
  let remainder = 0
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}
