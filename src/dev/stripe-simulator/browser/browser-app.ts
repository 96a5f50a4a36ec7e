/** The browser's part, under /v3: the script for merchants' pages, and the pages of the frames that it opens. */

import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Simulator } from '../state/simulator.ts'

export const STRIPE_JS_PATH = '/v3/stripe.js'

export function addBrowserSide(_app: Hono<{ Bindings: HttpBindings }>, _simulator: Simulator): void {}
