// What the HTTP door lends the console, and what a page handler works with.
import type { Config } from '../config.ts'
import type { Ctx, Dependencies } from '../domain/context.ts'
import type { Language } from '../domain/languages.ts'
import type { AccessPackage } from '../domain/privacy/build-access-package.ts'
import type { AppContext, AppEnv } from '../http/context.ts'
import type { Problem } from '../http/problem.ts'
import type { SignIn } from '../outbound/sign-in.ts'
import type { Assets } from './layout.ts'
import type { Html } from './view.ts'

export type ConsoleEnv = AppEnv
export type ConsoleContext = AppContext

export type ConsoleDoor = {
  dependencies: Dependencies
  /** Null while the console is off. */
  signIn: SignIn | null
  claims: Pick<Config, 'AUTH_TENANT_CLAIM' | 'AUTH_ROLES_CLAIM'>
  assets: Assets
  /** The text of a file that is served as it is. */
  readAsset(name: string): string
  /** The context of the person who is signed in. */
  ctxOf(c: ConsoleContext): Ctx
  /** The context of somebody who is not signed in yet. */
  ctxOfNobody(c: ConsoleContext, tenantId: string): Ctx
  formOf(c: ConsoleContext): URLSearchParams
  /** The readable page of what is held about a person: the same that the person gets. */
  accessPackagePage(held: AccessPackage, language: Language): Html
  /** Logs or records what was thrown, and answers it as a refusal. */
  noteRefusal(error: unknown, c: ConsoleContext): Promise<unknown>
  problemOf(error: unknown, requestId: string): Problem
  /** Takes one of a name's own; answers 0, or after how many seconds there is one again. */
  limiter(limit: { burst: number; perSecond: number }): (name: string) => number
}
