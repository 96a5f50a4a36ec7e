// Which rows of a table are a person's: SQL over the table, $1 the tenant and $2 the payer.

/** Also those of nobody who was known that became requests which name the person. */
const inquiriesOf = (proved: string) => `(
  select i.id from inquiries i where i.tenant_id = $1 and i.payer_id = $2
  union all
  select i.id from privacy_requests r
    join inquiries i on i.tenant_id = r.tenant_id and i.privacy_request_id = r.id and i.payer_id is null
   where r.tenant_id = $1 and r.payer_id = $2 ${proved})`

const ofInquiries = (inquiries: string) => ({
  inquiries: `id in ${inquiries}`,
  ofInquiries: `inquiry_id in ${inquiries}`,
  reveals: `id in (
    select v.id from reveals v where v.tenant_id = $1 and v.payer_id = $2
    union all
    select v.id from reveals v where v.tenant_id = $1 and v.payer_id is null and v.inquiry_id in ${inquiries})`,
  mails: `id in (
    select o.id from mail_outbox o where o.tenant_id = $1 and o.payer_id = $2
    union all
    select m.mail_id from inquiry_messages m where m.tenant_id = $1 and m.inquiry_id in ${inquiries})`,
})

/** What is told to the person: of requests, those in which they showed who they are. */
export const ROWS_OF_PERSON = {
  ofPayer: 'payer_id = $2',
  ofCharges: 'charge_id in (select c.id from charges c where c.tenant_id = $1 and c.payer_id = $2)',
  ...ofInquiries(inquiriesOf('and r.verified_at is not null')),
} as const

/** What goes with the person: whatever became a request that names them, proved or not. */
export const ROWS_TO_ERASE = ofInquiries(inquiriesOf(''))
