// Small things on top of pages that work without it: local times, copying ids, keys in lists, and what vanishes by itself.
const all = selector => document.querySelectorAll(selector)
const language = document.documentElement.lang

// As on the server: Mongolian dates are written year first, as Swedish ones are, whose rules every browser has.
const [locale, dateStyle] = { en: ['en-GB', 'medium'], ja: ['ja', 'medium'], mn: ['sv-SE', 'short'] }[language]
const local = new Intl.DateTimeFormat(locale, { dateStyle, timeStyle: 'short' })
for (const element of all('time[datetime*="T"]')) element.textContent = local.format(new Date(element.dateTime))

for (const button of all('button[data-copy]')) {
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy)
    button.classList.add('done')
    setTimeout(() => button.classList.remove('done'), 1500)
  })
}

document.querySelector('[data-focus]')?.focus()

// Arrow keys walk the rows of a list, from a row that has the focus.
for (const table of all('table.rows')) {
  table.addEventListener('keydown', event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const rows = [...table.querySelectorAll('a.row')]
    const at = rows.indexOf(document.activeElement)
    if (step === undefined || at < 0) return
    event.preventDefault()
    rows[at + step]?.focus()
  })
}

// What was revealed leaves the page when its time is up, also on a page that the browser kept and shows again.
const revealed = document.querySelector('[data-vanishes-in]')
if (revealed) {
  // By this clock alone: it may be another than the server's.
  const end = Date.now() + revealed.dataset.vanishesIn * 1000
  const left = document.querySelector('[data-left]')
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000)
    if (seconds <= 0) return location.replace(revealed.dataset.then)
    if (left) left.textContent = String(seconds)
    setTimeout(tick, 500)
  }
  tick()
  addEventListener('pageshow', event => event.persisted && tick())
}
