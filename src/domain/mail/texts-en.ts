// The mails in English.
import type { MailTexts } from './templates.ts'

export const MAIL_TEXTS_EN: MailTexts = {
  identity_code: {
    subject: '{merchant}: your code',
    lines: [
      'You asked {merchant} about your personal data (request {request}). To show that it is you, enter this code within {minutes} minutes:',
      '{code}',
      'Enter it on this page:',
      '{link}',
      'Did you not ask? Then do nothing: without the code, nobody learns or changes anything. Never tell the code to anyone who calls or writes to you.',
    ],
  },
  request_received: {
    subject: '{merchant}: we have your request',
    lines: [
      '{merchant} has received a request about your personal data (request {request}). It will be answered by {deadline}.',
      'Before anything is told or changed, you will be asked to show that it is you. You can do that on this page:',
      '{link}',
      'Did you not ask? Then do nothing, or tell us.',
    ],
  },
  request_extended: {
    subject: '{merchant}: your request takes longer',
    lines: [
      'Your request about your personal data (request {request}) takes longer than a month. It will be answered by {deadline}.',
      'The reason: {reason}',
    ],
  },
  request_package: {
    subject: '{merchant}: your data is ready',
    lines: [
      'You asked what {merchant} holds about you (request {request}). Open it on this page, until {until}:',
      '{link}',
      'Whoever has this link can open your data. Do not pass it on.',
    ],
  },
  request_done: {
    subject: '{merchant}: your request is done',
    lines: [
      'Your request about your personal data (request {request}) is done. You find the signed receipt on this page:',
      '{link}',
    ],
  },
  request_erasing: {
    subject: '{merchant}: your data is being deleted',
    lines: [
      'You asked {merchant} to delete your data (request {request}). That was granted and has begun: nothing is charged any more, and this is the last e-mail. Records of payments stay without your name, as the law on bookkeeping asks.',
      'When it is done you find the signed receipt on this page:',
      '{link}',
    ],
  },
  request_refused: {
    subject: '{merchant}: about your request',
    lines: [
      'Your request about your personal data (request {request}) could not be granted.',
      'The reason: {reason}',
      'You may complain to the data protection authority of your country, or go to court.',
    ],
  },
  inquiry_received: {
    subject: '{merchant}: we have your message',
    lines: [
      '{merchant} has received your message (number {inquiry}). It will be answered by {deadline}.',
      'Never send a card number or a security code, neither by mail nor through the form. We never ask for one.',
    ],
  },
  inquiry_answered: {
    subject: '{merchant}: the answer to your message',
    lines: [
      'You wrote to {merchant} (number {inquiry}). This is the answer:',
      '{message}',
      'Something is still open? Write to us again through the form and name the number.',
    ],
  },
  contact_changed: {
    subject: '{merchant}: your contact was changed',
    lines: [
      'The contact that {merchant} has on file for you was changed. Mails will go to the new one from now on.',
      'Was it not you? Then tell us at once.',
    ],
  },
  desk_reminder: {
    subject: 'Privacy requests: {overdue} overdue, {soon} due soon',
    lines: [
      'Privacy requests past their deadline: {overdue}. Due within a week: {soon}.',
      'The rights desk lists them. The law gives a month for an answer, and two more with a notice to the person.',
    ],
  },
}
