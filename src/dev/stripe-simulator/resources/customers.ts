/** /v1/customers. */
import type Stripe from 'stripe'
import {
  address,
  applyMetadata,
  id,
  type MetadataChange,
  metadata,
  paging,
  shipping,
  timeRange,
} from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { clearable, ignored, list, object, oneOf, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidRequest, missing } from '../api/stripe-error.ts'
import {
  type AddressParams,
  attachPaymentMethod,
  detachPaymentMethod,
  findPaymentMethod,
} from '../cards/payment-method.ts'
import type { Account } from '../state/account.ts'
import type { CustomerRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'

const text = clearable(string())

const common = {
  address: clearable(address),
  business_name: text,
  individual_name: text,
  description: text,
  email: clearable(string({ max: 512 })),
  invoice_settings: object({
    default_payment_method: clearable(id),
    footer: text,
    custom_fields: ignored,
    rendering_options: ignored,
  }),
  metadata,
  name: clearable(string({ max: 256 })),
  phone: clearable(string({ max: 20 })),
  preferred_locales: list(string({ max: 20 })),
  shipping: clearable(shipping),
  tax_exempt: clearable(oneOf('exempt', 'none', 'reverse')),
}

const createTable = { ...common, payment_method: id }

export const customerRoutes: ApiRoute[] = [
  route('POST', '/v1/customers', createTable, ({ account, params }) => create(account, params).view),
  route(
    'GET',
    '/v1/customers',
    { ...paging, created: timeRange, email: string({ max: 512 }) },
    ({ account, params, url }) => {
      const matches = ({ view }: CustomerRecord) =>
        !view.deleted &&
        inRange(view.created, params.created) &&
        (params.email === undefined || view.email === params.email)
      return listPage(url, params, account.tables.customers.all(), matches, record => record.view)
    },
  ),
  route('GET', '/v1/customers/:id', {}, ({ account, ids }) => findRecord(account, ids.id!, 'id', 404).view),
  route('POST', '/v1/customers/:id', common, ({ account, params, ids }) => {
    const record = findRecord(account, ids.id!, 'id', 404)
    const customer = findCustomer(account, ids.id!, 'id')
    const { email, name, phone, description, metadata: before } = customer
    change(account, customer, params)
    account.tables.customers.changed(record)
    emit(account, 'customer.updated', customer, { email, name, phone, description, metadata: before })
    return customer
  }),
  route('DELETE', '/v1/customers/:id', {}, ({ account, ids }) => remove(account, ids.id!)),
]

function findRecord(account: Account, customerId: string, param: string, status: 400 | 404): CustomerRecord {
  const record = account.tables.customers.get(customerId)
  if (!record) throw missing('customer', customerId, param, status)
  return record
}

/** The customer with this id that was not deleted; 404, or 400 when the id stands in a parameter. */
export function findCustomer(
  account: Account,
  customerId: string,
  param: string,
  status: 400 | 404 = 404,
): Stripe.Customer {
  const { view } = findRecord(account, customerId, param, status)
  if (view.deleted) throw missing('customer', customerId, param, status)
  return view
}

interface CustomerParams {
  address?: AddressParams | null
  description?: string | null
  email?: string | null
  invoice_settings?: { default_payment_method?: string | null; footer?: string | null }
  metadata?: MetadataChange
  name?: string | null
  phone?: string | null
  preferred_locales?: string[]
  shipping?: { address: AddressParams; name: string; phone?: string | null } | null
  tax_exempt?: 'exempt' | 'none' | 'reverse' | null
  business_name?: string | null
  individual_name?: string | null
}

function create(account: Account, params: CustomerParams & { payment_method?: string }): CustomerRecord {
  const customerId = account.ids.next('cus')
  const view: Stripe.Customer = {
    id: customerId,
    object: 'customer',
    address: null,
    balance: 0,
    created: account.nowSeconds,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: account.ids.letters(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  }
  const record = account.tables.customers.add({ id: customerId, view })
  try {
    if (params.payment_method !== undefined) {
      const method = findPaymentMethod(account, params.payment_method, 'payment_method', 400)
      attachPaymentMethod(account, method, customerId)
    }
    change(account, view, params)
  } catch (error) {
    account.tables.customers.remove(customerId)
    throw error
  }
  account.tables.customers.changed(record)
  emit(account, 'customer.created', view)
  return record
}

function change(account: Account, customer: Stripe.Customer, params: CustomerParams): void {
  const {
    address: newAddress,
    invoice_settings: settings,
    metadata: newMetadata,
    shipping: newShipping,
    ...rest
  } = params
  const method = settings?.default_payment_method
  if (method && account.tables.payment_methods.get(method)?.view.customer !== customer.id) {
    throw invalidRequest(
      'The customer does not have a payment method with the ID you provided. The payment method must be attached to the customer.',
      {
        param: 'invoice_settings[default_payment_method]',
      },
    )
  }
  const known = { description: rest.description, email: rest.email, name: rest.name, phone: rest.phone }
  for (const [key, value] of Object.entries(known)) if (value !== undefined) Object.assign(customer, { [key]: value })
  if (rest.preferred_locales !== undefined) customer.preferred_locales = rest.preferred_locales
  if (rest.tax_exempt !== undefined) customer.tax_exempt = rest.tax_exempt ?? 'none'
  if (rest.business_name) customer.business_name = rest.business_name
  if (rest.individual_name) customer.individual_name = rest.individual_name
  if (newAddress !== undefined) customer.address = newAddress && fullAddress(newAddress)
  if (newShipping !== undefined) {
    customer.shipping = newShipping && {
      address: fullAddress(newShipping.address),
      name: newShipping.name,
      phone: newShipping.phone ?? null,
    }
  }
  customer.invoice_settings = { ...customer.invoice_settings, ...pick(settings) }
  customer.metadata = applyMetadata(customer.metadata, newMetadata)
}

function pick(settings: CustomerParams['invoice_settings'] = {}): Partial<Stripe.Customer.InvoiceSettings> {
  return {
    ...(settings.default_payment_method !== undefined && { default_payment_method: settings.default_payment_method }),
    ...(settings.footer !== undefined && { footer: settings.footer }),
  }
}

export function fullAddress(given: AddressParams): Stripe.Address {
  const { city = null, country = null, line1 = null, line2 = null, postal_code = null, state = null } = given
  return { city, country, line1, line2, postal_code, state }
}

/** Deleting a customer detaches its payment methods for ever. */
function remove(account: Account, customerId: string): Stripe.DeletedCustomer {
  const record = findRecord(account, customerId, 'id', 404)
  const customer = findCustomer(account, customerId, 'id')
  for (const method of account.tables.payment_methods.all()) {
    if (method.view.customer === customerId) detachPaymentMethod(account, method)
  }
  emit(account, 'customer.deleted', customer)
  const view: Stripe.DeletedCustomer = { id: customerId, object: 'customer', deleted: true }
  record.view = view
  account.tables.customers.changed(record)
  return view
}
