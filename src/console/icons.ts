// Small pictures that stand beside a word and never alone; drawn in the colour of the text.
import { raw } from 'hono/html'

const PATHS = {
  good: 'M3 8.5l3.2 3.2L13 5',
  wait: 'M8 4v4l2.5 2M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8z',
  bad: 'M4 4l8 8M12 4l-8 8',
  note: 'M8 7.2V12M8 4v.6M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8z',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  open: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.9-.7',
} as const

export type IconName = keyof typeof PATHS

export const icon = (name: IconName) =>
  raw(
    `<svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false"><path d="${PATHS[name]}" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`,
  )
