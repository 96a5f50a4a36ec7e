// Column kinds that several tables share.
import { bigint, customType, text, timestamp } from 'drizzle-orm/pg-core'

export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** The first column of every tenant's table and of each of its keys. */
export const tenantId = () => text('tenant_id').notNull()

export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** Money in minor units of its currency. */
export const amount = (name: string) => bigint(name, { mode: 'number' })
